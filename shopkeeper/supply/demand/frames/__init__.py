"""The frames of demand."""
