"""Accounts, logins, roles, permissions and settings."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
POST login -> status: text, data: Login
GET logout -> status: text, data: object
POST logout -> status: text, data: object
GET me -> any
GET pw.getPolicy -> enabled: flag, policy: any[]
POST users.create users.register users.update users.updateOwnBasicInfo -> user: User
POST users.delete -> deletedRooms: text[]
POST users.deleteOwnAccount ->
POST users.setActiveStatus -> user: User
GET users.checkUsernameAvailability -> result: flag
POST users.forgotPassword users.resetPassword users.sendConfirmationEmail users.verifyEmail ->
POST users.sendWelcomeEmail sendInvitationEmail mailer mailer.unsubscribe ->
GET smtp.check -> isSMTPConfigured: flag
GET settings.oauth -> services: object[]
GET service.configurations -> configurations: object[]
POST users.deactivateIdle -> count: int
GET users.getUsernameSuggestion -> result: text
GET users.getPreferences -> preferences: object
POST users.setPreferences -> user: User
GET users.info -> user: User
GET users.list users.listByStatus -> users: User[], page
GET users.autocomplete -> items: User[]
POST users.setStatus ->
GET users.getStatus -> _id: text, status: text, message?: text, connectionStatus?: text
GET users.getPresence -> presence: text, lastLogin?: time, connectionStatus?: text
GET users.presence -> users: User[], full: flag
POST users.createToken -> data: object
POST users.generatePersonalAccessToken users.regeneratePersonalAccessToken -> token: text
GET users.getPersonalAccessTokens -> tokens: object[]
POST users.removePersonalAccessToken users.removeOtherTokens ->
POST users.2fa.enableEmail users.2fa.disableEmail users.2fa.sendEmailCode users.resetTOTP ->
POST twoFactorChallenges.sendEmailCode ->
POST twoFactorChallenges.verifyChallenge -> loginToken: text, userId: text
POST users.logout -> message: text
POST users.logoutOtherClients -> token: text, tokenExpires: time
POST users.setAvatar users.resetAvatar ->
GET users.getAvatarSuggestion -> suggestions: object
GET users.requestDataDownload -> requested: flag, exportOperation: object, url: text|null
GET roles.list -> roles: Role[]
GET roles.sync -> roles: object
POST roles.create roles.update roles.addUserToRole roles.removeUserFromRole -> role: Role
POST roles.delete ->
GET roles.getUsersInRole -> users: User[], page
GET roles.getUsersInPublicRoles -> users: User[]
GET permissions.listAll -> update: Permission[], remove: Permission[]
POST permissions.update -> permissions: Permission[]
POST permissions.addRole permissions.removeRole ->
GET settings.public settings -> settings: Setting[], page
POST settings settings/{setting_id} ->
GET settings/{setting_id} -> _id: text, value: any
"""
