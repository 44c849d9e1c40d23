"""HTTP/1.1 calls over connections of our own: lookup, connect, request, answer (docs/decisions/0013)."""
