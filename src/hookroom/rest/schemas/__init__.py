"""What each endpoint takes: JSON Schemas, one file per family of endpoints."""
