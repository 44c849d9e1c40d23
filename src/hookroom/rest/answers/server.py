"""What the server tells of itself, and everything that belongs nowhere else."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
GET emoji-custom.list -> emojis: object
GET emoji-custom.all -> emojis: object[], page
POST emoji-custom.create emoji-custom.update emoji-custom.delete ->
GET commands.get -> command: object
GET commands.list -> commands: object[], page, appsLoaded: flag
GET commands.preview -> preview: object
POST commands.run commands.preview ->
GET custom-user-status.list -> statuses: object[], page
POST custom-user-status.create custom-user-status.update -> customUserStatus: object
POST custom-user-status.delete ->
GET oauth-apps.list -> oauthApps: object[]
GET oauth-apps.get -> oauthApp: object
POST oauth-apps.create -> application: object
POST oauth-apps.update -> any
POST oauth-apps.delete ->
POST method.call/{method:path} method.callAnon/{method:path} -> message: text
GET info -> version: text, info: object, minimumClientVersions: object
"""
