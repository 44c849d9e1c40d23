"""Whole servers with files: memory, kill -9, S3, senders who go away."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.delivery.webhooks import until
from tests.rest.files import link, media, upload
from tests.running import Api, Server, running
from tests.uploads.s3_service import BUCKET, S3Service

MB = 1024 * 1024
UPLOADED_MB = 30
MARGIN_MB = 10


def memory_mb(server: Server, what: str) -> float:
    """``VmRSS``, what is in memory now, or ``VmHWM``, the most that ever was."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def multipart(megabytes: int) -> Iterator[bytes]:
    """A body with a file of that size, never in memory whole."""
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    for number in range(megabytes * 16):
        yield bytes([number % 256]) * 65_536
    yield b"\r\n--b--\r\n"


def send_large(api: Api, room_id: str, megabytes: int) -> Any:
    response = api.call(
        "POST",
        f"rooms.upload/{room_id}",
        content=multipart(megabytes),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert response.status_code == 200, response.text
    return response.json()["message"]


@pytest.fixture(params=["directory", "s3"])
def filing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server for each storage of files."""
    environment = {}
    if request.param == "s3":
        service: S3Service = request.getfixturevalue("s3")
        environment = service.environment(tmp_path.name)
    with running(tmp_path / "data", environment=environment) as server:
        yield server


def test_a_large_upload_is_never_in_memory(filing: Server) -> None:
    api = filing.admin()
    for _ in range(2):  # What the first one loads stays; it is no part of a file.
        path = link(send_large(api, "GENERAL", 6))
        assert len(api.http.get(path).content) == 6 * MB
    before = memory_mb(filing, "VmHWM")
    message = send_large(api, "GENERAL", UPLOADED_MB)
    assert message["file"]["size"] == UPLOADED_MB * MB
    with api.http.stream("GET", link(message)) as response:
        assert sum(len(piece) for piece in response.iter_bytes()) == UPLOADED_MB * MB
    assert memory_mb(filing, "VmHWM") - before < MARGIN_MB


def test_files_in_a_bucket(s3: S3Service, tmp_path: Path) -> None:
    prefix = tmp_path.name
    with running(tmp_path / "data", environment=s3.environment(prefix)) as server:
        api = server.admin()
        message = upload(api, {"_id": "GENERAL"}, b"0123456789")
        file_id = message["file"]["_id"]
        assert f"{prefix}/{file_id}" in s3.names()
        assert not (tmp_path / "data" / "files").exists()
        assert api.http.get(link(message)).content == b"0123456789"
        assert api.http.get(link(message), headers={"Range": "bytes=2-4"}).content == b"234"
        assert api.get("channels.files", roomId="GENERAL")["files"][0]["store"] == "AmazonS3:Uploads"
        api.post("chat.delete", roomId="GENERAL", msgId=message["_id"])
        until(lambda: f"{prefix}/{file_id}" not in s3.names(), "removed object")
        lost = upload(api, {"_id": "GENERAL"})
        s3.client.delete_object(Bucket=BUCKET, Key=f"{prefix}/{lost['file']['_id']}")
        assert api.http.get(link(lost)).status_code == 404


def test_a_bucket_that_cannot_be_reached_is_a_503(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        environment = {
            "HOOKROOM_FILES_STORE": "s3://bucket",
            "HOOKROOM_S3_ENDPOINT": f"http://127.0.0.1:{nobody.getsockname()[1]}",
            "HOOKROOM_S3_ACCESS_KEY": "access-key-of-tests",
            "HOOKROOM_S3_SECRET_KEY": "secret-key-of-tests",
        }
        with running(tmp_path / "data", environment=environment) as server:
            api = server.admin()
            response = api.call("POST", "rooms.upload/GENERAL", files={"file": ("a.txt", b"x")})
            assert response.status_code == 503
            assert "storage of files" in response.json()["error"]
            assert api.get("channels.files", roomId="GENERAL")["files"] == []
    log = (tmp_path / "data" / "server.log").read_text()
    assert "the bucket of files refused a call" in log
    assert "-key-of-tests" not in log


def test_a_wrong_storage_stops_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="files_store: must be s3://bucket"),
        running(tmp_path / "data", environment={"HOOKROOM_FILES_STORE": "ftp://x"}),
    ):
        pass


def test_kill_9_between_media_and_confirm(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    content = bytes(range(256)) * 4096
    with running(data, database_url=database_url) as server:
        api = server.admin()
        files = [media(api, {"_id": "GENERAL"}, content, f"{number}.bin") for number in range(5)]
        posted = upload(api, {"_id": "GENERAL"}, content, "posted.bin")
        server.kill()
    with running(data, database_url=database_url) as server:
        api = server.admin()
        assert api.http.get(link(posted)).content == content
        for number, file in enumerate(files):
            assert api.http.get(file["url"]).content == content
            message = api.post(f"rooms.mediaConfirm/GENERAL/{file['_id']}", msg=str(number))["message"]
            assert message["file"]["name"] == f"{number}.bin"
        server.kill()
    with running(data, database_url=database_url) as server:
        api = server.admin()
        listed = api.get("channels.files", roomId="GENERAL")["files"]
        assert [one["name"] for one in listed] == [*(f"{number}.bin" for number in range(5)), "posted.bin"]
        assert all(api.http.get(one["path"]).content == content for one in listed)


def test_a_deletion_that_kill_9_cut_short_is_finished(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, database_url=database_url) as server:
        api = server.admin()
        messages = [upload(api, {"_id": "GENERAL"}, b"x", f"{number}.txt") for number in range(30)]
        for message in messages:
            api.post("chat.delete", roomId="GENERAL", msgId=message["_id"])
        server.kill()
    with running(data, database_url=database_url):
        until(lambda: not stored(data), "empty storage")


def test_a_sender_who_goes_away_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as server:
        api = server.admin()
        address = urlsplit(server.url)
        lines = (
            "POST /api/v1/rooms.upload/GENERAL HTTP/1.1",
            f"Host: {address.netloc}",
            "Content-Type: multipart/form-data; boundary=b",
            f"Content-Length: {20 * MB}",
            *(f"{name}: {value}" for name, value in api.headers.items()),
            "",
        )
        part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 4 * MB
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            connection.sendall("".join(f"{line}\r\n" for line in lines).encode() + part)
            until(lambda: stored(data), "beginning of a file")
        until(lambda: not stored(data), "empty storage")
        assert api.get("channels.files", roomId="GENERAL")["files"] == []


def test_unprotected_files_need_no_login(own_server: Server) -> None:
    api = own_server.admin()
    message = upload(api, {"_id": "GENERAL"})
    url = own_server.url + link(message)
    assert httpx.get(url, trust_env=False).status_code == 403
    api.post("settings/FileUpload_ProtectFiles", value=False)
    assert httpx.get(url, trust_env=False).content == b"hello"


def stored(data: Path) -> list[str]:
    """Names of all files that a server keeps, whole or not."""
    return [path.name for path in (data / "files").rglob("*") if path.is_file()]
