"""Which customers are leaving, what is at stake, whom to rescue first."""
