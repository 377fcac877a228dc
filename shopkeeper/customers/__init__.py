"""Who the customers are, and what becomes of them."""
