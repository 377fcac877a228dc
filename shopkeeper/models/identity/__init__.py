"""Which accounts are one person: links by shared keys, and the guard that keeps strangers apart."""
