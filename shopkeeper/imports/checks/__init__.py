"""Rows held against the contract."""
