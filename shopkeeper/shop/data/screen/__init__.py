"""The Data page: what is here, how more is brought in, and the versions before."""
