"""A mapping from files never seen: which table each is, which column is which, and why that is thought."""
