"""Use cases of integrations: managing them, receiving calls, firing on events."""
