"""How far a step has come, and how it is stopped."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Told (what is being done, share of the whole that is done: 0 to 1)."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """The fit was called off; nothing was kept."""
