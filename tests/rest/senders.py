"""How services prove who calls, each as its own documentation has it: written without the program's own code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any


def proof(verification: dict[str, Any], secret: str, body: bytes) -> dict[str, str]:
    """The headers that a service sends which knows ``secret``."""
    digest = hmac.new(secret.encode(), body, verification.get("algorithm", "sha256"))
    match verification["scheme"]:
        case "none":
            return {}
        case "basic":
            return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
        case "header":
            return {verification["header"]: verification.get("prefix", "") + secret}
        case "gitlab":
            return {"X-Gitlab-Token": secret}
        case "github":
            return {"X-Hub-Signature-256": f"sha256={digest.hexdigest()}"}
        case "bitbucket":
            return {"X-Hub-Signature": f"sha256={digest.hexdigest()}"}
        case "hmac":
            base = verification.get("encoding") == "base64"
            text = base64.b64encode(digest.digest()).decode() if base else digest.hexdigest()
            return {verification["header"]: verification.get("prefix", "") + text}
        case "stripe":
            at = int(time.time())
            signed = hmac.new(secret.encode(), b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
            return {"Stripe-Signature": f"t={at},v1={signed}"}
    raise AssertionError(f"no sender of {verification['scheme']}")
