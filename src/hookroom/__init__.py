"""Hookroom: a chat server made for integrations, speaking the Rocket.Chat API."""

__version__ = "0.1.0"
