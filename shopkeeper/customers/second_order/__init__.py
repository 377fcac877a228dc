"""How soon customers order a second time."""
