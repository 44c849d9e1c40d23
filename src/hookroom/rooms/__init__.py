"""Use cases of chat: accounts, rooms, membership, messages, and who may do what."""
