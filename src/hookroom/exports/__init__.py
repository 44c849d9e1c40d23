"""Exports: the messages of a room, or all that the server has of a user, as a file to download or by e-mail."""
