"""``python -m hookroom``."""

from hookroom.cli import main

main()
