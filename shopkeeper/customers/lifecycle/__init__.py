"""Stages of a customer's life, and moves between them."""
