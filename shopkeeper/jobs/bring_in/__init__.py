"""Files brought in from the browser: looked at, tried and imported in a process of their own, under limits."""
