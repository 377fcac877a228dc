"""Files in, good rows and rejects out."""
