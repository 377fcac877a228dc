"""What will be asked for, where, and how sure."""
