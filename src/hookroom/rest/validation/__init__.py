"""Validation of bodies and queries, with the behaviour of AJV (contract, section 1).

``Schema`` is all that the rest of the program needs.

- ``schema``: the two ways to check a value, a quick one and a full one;
- ``arrangement``: schemas made ready, their keywords in AJV's order;
- ``keywords``: the keywords with AJV's coercion and wording, on top of the ``jsonschema`` library;
- ``coercion``: what a scalar becomes where another type is asked for;
- ``strict``: the same schema without coercion, for the quick way;
- ``strings``: patterns and formats.
"""

from hookroom.rest.validation.schema import Schema

__all__ = ["Schema"]
