"""What the supply pages share on the screen."""
