"""Which storage of files a configuration asks for."""

from __future__ import annotations

from urllib.parse import urlsplit

from hookroom.config import Config, ConfigError
from hookroom.uploads.directory import DirectoryStore
from hookroom.uploads.store import FileStore


def open_store(config: Config) -> FileStore:
    """A directory below the data, or the bucket of ``files_store``.

    Raises ``ConfigError`` for an address that is not ``s3://bucket/prefix``, and for half a pair of keys.
    Nothing is read or written yet.
    """
    if not config.files_store:
        return DirectoryStore(config.data / "files")
    address = urlsplit(config.files_store)
    if address.scheme != "s3" or not address.netloc or "@" in address.netloc:
        raise ConfigError("files_store: must be s3://bucket or s3://bucket/prefix")
    if bool(config.s3_access_key) != bool(config.s3_secret_key):
        raise ConfigError("s3_access_key and s3_secret_key: both, or neither of them")
    # Loaded by those who use it.
    from hookroom.uploads.s3 import S3FileStore

    return S3FileStore(
        address.netloc,
        address.path.strip("/"),
        region=config.s3_region,
        endpoint=config.s3_endpoint,
        access_key=config.s3_access_key,
        secret_key=config.s3_secret_key,
    )
