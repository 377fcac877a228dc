"""Fits of the buying models."""
