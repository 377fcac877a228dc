"""The merchant's data as immutable versions."""
