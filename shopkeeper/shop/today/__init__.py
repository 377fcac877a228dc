"""Today: how the shop does against a fair base, and what needs doing first, in money order across all pages."""
