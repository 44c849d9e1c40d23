"""The rules: pure functions and values. No I/O, no clock of their own, no framework."""
