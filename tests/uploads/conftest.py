"""Where files are kept, in every way there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.uploads.s3_service import S3Service, s3_service


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Service]:
    """An S3 service of this run's own."""
    with s3_service() as service:
        yield service
