"""What the page Today shows."""
