"""Frames in, Plotly figures out."""
