"""What the merchant sets: frozen values."""
