"""Speed on a generated shop: ratios taken in one run, on one machine, in one breath."""
