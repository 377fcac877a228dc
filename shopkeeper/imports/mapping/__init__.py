"""The language in which a merchant says which column is which."""
