"""Use cases of teams: people with a main room, and further rooms of theirs."""
