"""What the customer pages lead with, under each level of linking."""
