"""Files of each kind as text columns."""
