"""The shop itself: its data."""
