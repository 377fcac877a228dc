"""Frames in, Plotly figures out."""

from shopkeeper.charts.churn import (
    CURVES_DRAWN,
    FEWEST_AT_RISK,
    customer_life,
    moves_matrix,
    risk_histogram,
    second_order_curves,
    stage_areas,
    stake_by_segment,
)
from shopkeeper.charts.curves import retention_curves
from shopkeeper.charts.heatmap import OPEN, retention_heatmap
from shopkeeper.charts.proof import compared_bars, purchase_tracking, risk_calibration
from shopkeeper.charts.style import GROUND, for_file, measure_name, title, unit
from shopkeeper.charts.value import value_by_segment, value_distribution, value_lorenz, value_matrix

__all__ = [
    "CURVES_DRAWN", "FEWEST_AT_RISK", "GROUND", "OPEN", "compared_bars", "customer_life", "for_file",
    "measure_name", "moves_matrix", "purchase_tracking", "retention_curves", "retention_heatmap", "risk_calibration",
    "risk_histogram", "second_order_curves", "stage_areas", "stake_by_segment", "title", "unit", "value_by_segment",
    "value_distribution", "value_lorenz", "value_matrix",
]  # fmt: skip
