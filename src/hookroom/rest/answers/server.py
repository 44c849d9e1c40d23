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
GET banners banners/{banner_id} -> banners: object[]
GET custom-sounds.list -> sounds: object[], page
POST method.call/{method:path} method.callAnon/{method:path} -> message: text
POST fingerprint ->
GET statistics -> any
GET statistics.list -> statistics: object[], page
GET instances.get -> instances: object[]
GET licenses.info -> license: object
GET licenses.maxActiveUsers -> maxActiveUsers: int, activeUsers: int
GET licenses.isEnterprise -> isEnterprise: flag
GET autotranslate.getSupportedLanguages -> languages: object[]
POST autotranslate.saveSettings ->
POST autotranslate.translateMessage -> message: Message
GET webdav.getMyAccounts -> accounts: object[]
POST webdav.removeWebdavAccount -> result: object
POST uploads.delete -> deletedFiles: text[]
GET info -> version: text, info: object, minimumClientVersions: object
"""
