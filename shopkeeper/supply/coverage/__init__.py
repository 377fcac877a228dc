"""How long the stock lasts, region by region."""
