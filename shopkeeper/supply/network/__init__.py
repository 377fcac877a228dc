"""How near the goods are to their buyers."""
