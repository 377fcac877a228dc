"""How many examples Hypothesis draws where each costs more or less than most; the profile says the rest."""

from hypothesis import settings

FEWER = settings(max_examples=settings().max_examples // 5)
"""Each example is a shop of its own in DuckDB, or a forecast."""
MORE = settings(max_examples=settings().max_examples * 2)
"""Each example takes a few milliseconds."""
