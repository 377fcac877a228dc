"""Data health: what in the data bends the figures, by how much, and which pages it touches."""
