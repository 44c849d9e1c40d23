"""One file per table: its statements, and how its rows become values. All SQL of the program is here."""
