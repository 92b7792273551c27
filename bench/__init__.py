"""Accuracy and speed benches."""
