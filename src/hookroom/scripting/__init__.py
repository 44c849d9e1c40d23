"""User-written JavaScript: the sandbox and what runs in it."""
