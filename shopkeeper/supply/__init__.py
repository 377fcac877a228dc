"""Goods near their buyers."""
