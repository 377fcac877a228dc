"""Each word and figure once."""
