"""Integrations, their histories, calls, keys and scripts."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
POST integrations.create -> integration: Integration, setup?: object
PUT integrations.update -> integration: Integration
POST integrations.remove integrations.regenerateToken integrations.transfer integrations.setEnabled
        -> integration: Integration
GET integrations.get -> integration: Integration
GET integrations.list -> integrations: Integration[], page, items: int
GET integrations.history
        -> history: HistoryEntry[], page, items: int, next?: text, totalIsLowerBound?: flag
POST integrations.clearHistory integrations.replayOutgoing ->
POST integrations.replayFailed -> replayed: int, remaining: flag, next?: text
GET integrations.calls
        -> calls: IncomingCall[], page, items: int, sinceStart?: object, next?: text, totalIsLowerBound?: flag
POST integrations.replayCall -> status: int, answer: any, callId: text
POST integrations.test -> any
POST integrations.checkScripts -> integrations: object[], page
GET integrations.signingKeys -> signing: text|null, keys: Key[]
POST integrations.rotateSigningKey -> signing: text|null, keys: Key[]
GET integrations.templates -> templates?: object[], template?: object
GET integrations.verificationSecrets -> scheme: text, secrets: Secret[]
POST integrations.rotateVerificationSecret -> scheme: text, secrets: Secret[]
GET channels.getIntegrations groups.getIntegrations -> integrations: Integration[], page
"""
