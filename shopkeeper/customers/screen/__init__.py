"""What the customer pages share on the screen."""
