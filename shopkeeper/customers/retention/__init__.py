"""Who comes back, how often, and what they spend."""
