"""Slash commands: ``/topic …`` and the like. A file for each family; ``running`` is the way in."""
