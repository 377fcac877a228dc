"""How customers buy, and when they stop."""
