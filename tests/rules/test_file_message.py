"""How a file is shown in a message and in a listing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.values import AT, LATER

from hookroom.rules.attachments import read_attachments
from hookroom.rules.file_message import file_attachment, file_entry, file_path, listed
from hookroom.rules.file_names import clean_name
from hookroom.rules.file_types import type_group
from hookroom.rules.links import is_link
from hookroom.rules.upload import Identified, PictureSize, Upload


def an_upload(**fields: Any) -> Upload:
    given_type = fields.get("type", "image/jpeg")
    values = {
        "id": "fileId",
        "name": "44.jpg",
        "size": 71224,
        "type": given_type,
        "type_group": type_group(given_type),
        "room_id": "roomId",
        "user_id": "annId",
        "store": "FileSystem:Uploads",
        "complete": True,
        "etag": "tag",
        "uploaded_at": AT,
        "updated_at": LATER,
    }
    return Upload(**{**values, **fields})


COMMON = {
    "title": "44.jpg",
    "title_link": "/file-upload/fileId/44.jpg",
    "title_link_download": True,
    "type": "file",
    "fileId": "fileId",
}
LINK = "/file-upload/fileId/44.jpg"


@pytest.mark.parametrize(
    ("upload", "more"),
    [
        (
            an_upload(identify=Identified(format="jpeg", size=PictureSize(368, 360)), description="cat"),
            {
                "description": "cat",
                "image_url": LINK,
                "image_type": "image/jpeg",
                "image_size": 71224,
                "image_dimensions": {"width": 368, "height": 360},
            },
        ),
        (an_upload(), {"image_url": LINK, "image_type": "image/jpeg", "image_size": 71224}),
        (
            an_upload(type="audio/mpeg"),
            {"audio_url": LINK, "audio_type": "audio/mpeg", "audio_size": 71224},
        ),
        (an_upload(type="video/mp4"), {"video_url": LINK, "video_type": "video/mp4", "video_size": 71224}),
        (an_upload(type="application/pdf"), {"format": "JPG", "size": 71224}),
    ],
)
def test_the_attachment_by_type(upload: Upload, more: dict[str, Any]) -> None:
    assert file_attachment(upload) == {**COMMON, **more}
    read, warnings = read_attachments([file_attachment(upload)])
    assert read == (file_attachment(upload),)
    assert not warnings


@pytest.mark.parametrize(
    ("name", "expected"), [("a.tar.gz", "GZ"), ("README", "file"), ("a.", "file"), (".env", "file")]
)
def test_the_format_of_other_files_is_their_extension(name: str, expected: str) -> None:
    assert file_attachment(an_upload(type="text/plain", name=name))["format"] == expected


def test_the_entry() -> None:
    picture = an_upload(identify=Identified(format="jpeg"))
    entry = {"_id": "fileId", "name": "44.jpg", "type": "image/jpeg", "size": 71224, "typeGroup": "image"}
    assert file_entry(picture) == {**entry, "format": "jpeg"}
    assert file_entry(an_upload()) == {**entry, "format": ""}


def test_a_listed_file() -> None:
    assert listed(
        an_upload(identify=Identified(format="png", size=PictureSize(3, 4))), "https://chat.example/"
    ) == {
        "_id": "fileId",
        "name": "44.jpg",
        "size": 71224,
        "type": "image/jpeg",
        "typeGroup": "image",
        "rid": "roomId",
        "userId": "annId",
        "store": "FileSystem:Uploads",
        "identify": {"format": "png", "size": {"width": 3, "height": 4}},
        "complete": True,
        "etag": "tag",
        "uploadedAt": AT,
        "_updatedAt": LATER,
        "path": "/file-upload/fileId/44.jpg",
        "url": "https://chat.example/file-upload/fileId/44.jpg",
        "progress": 1,
        "uploading": False,
    }


@given(st.text())
def test_every_clean_name_makes_a_link_that_messages_may_carry(name: str) -> None:
    path = file_path("fileId", clean_name(name))
    assert is_link(path)
    assert path.isascii()
    assert path.count("/") == 3
    assert not set(path) & set('?#" <>')
