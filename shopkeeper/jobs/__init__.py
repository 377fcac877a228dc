"""What is computed once after each publication."""
