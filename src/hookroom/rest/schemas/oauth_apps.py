"""Schemas of ``oauth-apps.*``."""

from __future__ import annotations

from typing import Final

from hookroom.rest.schemas.rooms import FLAG, TEXT, strict
from hookroom.rest.validation import Schema

_APP: Final = {"name": TEXT, "redirectUri": TEXT, "active": FLAG}

CREATE: Final = Schema(strict(["name", "active", "redirectUri"], **_APP))
UPDATE: Final = Schema(strict(["name", "active", "redirectUri", "appId"], **_APP, appId=TEXT))
DELETE: Final = Schema(strict(["appId"], appId=TEXT))
GET: Final = Schema({"oneOf": [strict([name], **{name: TEXT}) for name in ("_id", "clientId", "appId")]})
