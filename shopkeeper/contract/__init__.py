"""What tables hold: each declared once, with its scope."""
