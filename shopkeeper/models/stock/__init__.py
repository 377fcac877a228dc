"""How much to hold, and where."""
