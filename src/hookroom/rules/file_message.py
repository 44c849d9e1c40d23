"""How an uploaded file is shown: in a message, as ``file``, ``files`` and ``attachments``, and in listings.

Source: the published API (``rooms.mediaConfirm``, ``channels.files``), and for sounds, films and other files
the original's ``sendFileMessage``.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec

from hookroom.rules.upload import Upload

_SAFE: Final = ";,:@&=+$-_.!~*'()"
_SHOWN: Final = ("image", "audio", "video")


def file_path(file_id: str, name: str) -> str:
    """Where a file is downloaded: ``/file-upload/{id}/{name}``, the name percent-encoded."""
    return f"/file-upload/{file_id}/{quote(name, safe=_SAFE)}"


def file_entry(upload: Upload) -> dict[str, Any]:
    """``upload`` as ``file`` and in ``files``."""
    return {
        "_id": upload.id,
        "name": upload.name,
        "type": upload.type,
        "size": upload.size,
        "format": upload.identify.format if upload.identify else "",
        "typeGroup": upload.type_group,
    }


def file_attachment(upload: Upload) -> dict[str, Any]:
    """The attachment that shows ``upload``: a picture, a sound, a film, or a name to click on."""
    path = file_path(upload.id, upload.name)
    attachment: dict[str, Any] = {
        "title": upload.name,
        "type": "file",
        "title_link": path,
        "title_link_download": True,
        "fileId": upload.id,
    }
    if upload.description:
        attachment["description"] = upload.description
    kind = upload.type.partition("/")[0]
    if kind not in _SHOWN:
        return {**attachment, "format": _extension(upload.name), "size": upload.size}
    attachment |= {f"{kind}_url": path, f"{kind}_type": upload.type, f"{kind}_size": upload.size}
    if kind == "image" and upload.identify and upload.identify.size:
        size = upload.identify.size
        attachment["image_dimensions"] = {"width": size.width, "height": size.height}
    return attachment


def listed(upload: Upload, site_url: str) -> dict[str, Any]:
    """``upload`` in a listing: with ``path``, the absolute ``url``, and where its upload stands."""
    path = file_path(upload.id, upload.name)
    entry: dict[str, Any] = msgspec.to_builtins(upload)
    return {
        **entry,
        "path": path,
        "url": site_url.rstrip("/") + path,
        "progress": 1 if upload.complete else 0,
        "uploading": not upload.complete,
    }


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return extension.upper() if dot and stem and extension else "file"
