"""Forecasts of demand."""
