"""Deliveries: calls out of Hookroom. The guarded client is the only way out."""
