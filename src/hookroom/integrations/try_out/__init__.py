"""Running an integration on a request with nothing posted and nothing called."""
