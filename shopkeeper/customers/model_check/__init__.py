"""Predicted against actual in the holdout."""
