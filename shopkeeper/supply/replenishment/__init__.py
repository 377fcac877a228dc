"""What to order, and what to move."""
