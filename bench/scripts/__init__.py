"""What a call of a script costs."""
