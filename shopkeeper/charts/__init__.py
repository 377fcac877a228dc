"""Frames in, Plotly figures out."""

from shopkeeper.charts.curves import retention_curves
from shopkeeper.charts.heatmap import OPEN, retention_heatmap
from shopkeeper.charts.style import GROUND, for_file, measure_name, title, unit

__all__ = ["GROUND", "OPEN", "for_file", "measure_name", "retention_curves", "retention_heatmap", "title", "unit"]
