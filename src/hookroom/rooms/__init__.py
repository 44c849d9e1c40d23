"""Use cases of rooms: channels, groups, direct rooms, membership, and who may see and write what."""
