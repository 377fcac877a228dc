"""What will be asked for."""
