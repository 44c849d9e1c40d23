"""What every use case shares: the database, what is held of it in memory, and what happens in it."""
