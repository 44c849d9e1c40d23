"""Use cases of messages: posting, changing, reading; threads, reactions, pins."""
