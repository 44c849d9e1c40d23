"""The REST edge: the endpoints under ``/api/v1``, their schemas and answers."""
