"""The screen: the only place that knows Streamlit's state and caches."""

from shopkeeper.ui.frame import draw, guarded
from shopkeeper.ui.opened import load, opened
from shopkeeper.ui.session import begin, choose
from shopkeeper.ui.tables import explain, say_empty, show_chart, show_table

__all__ = [
    "begin",
    "choose",
    "draw",
    "explain",
    "guarded",
    "load",
    "opened",
    "say_empty",
    "show_chart",
    "show_table",
]
