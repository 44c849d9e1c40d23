"""Storage: one schema on SQLite and PostgreSQL, writes that share commits, reads beside them."""
