"""A real S3 service on loopback: moto's server, in a process of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3  # type: ignore[import-untyped]

BUCKET = "files-of-tests"
REGION = "eu-central-1"
KEY, SECRET = "access-key-of-tests", "secret-key-of-tests"


@dataclass(frozen=True)
class S3Service:
    """Where it is, and a client to look at what it keeps."""

    url: str
    client: Any

    def names(self) -> list[str]:
        """All objects of the bucket."""
        return [one["Key"] for one in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def unfinished(self) -> list[Any]:
        """Uploads in parts that were neither completed nor aborted."""
        found: list[Any] = self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        return found

    def environment(self, prefix: str) -> dict[str, str]:
        """What a server is told to keep its files there, below ``prefix``."""
        return {
            "HOOKROOM_FILES_STORE": f"s3://{BUCKET}/{prefix}",
            "HOOKROOM_S3_ENDPOINT": self.url,
            "HOOKROOM_S3_REGION": REGION,
            "HOOKROOM_S3_ACCESS_KEY": KEY,
            "HOOKROOM_S3_SECRET_KEY": SECRET,
        }


@contextlib.contextmanager
def s3_service() -> Iterator[S3Service]:
    """A service with an empty bucket; stopped on leaving."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        url = f"http://127.0.0.1:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield S3Service(url, client)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the S3 service did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < end, "the S3 service does not answer"
        time.sleep(0.05)
