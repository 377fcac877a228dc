"""Who is one person: accounts, guests, and the keys that link them."""
