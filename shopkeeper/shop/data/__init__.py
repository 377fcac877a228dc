"""What is in, what was rejected, which version is shown."""
