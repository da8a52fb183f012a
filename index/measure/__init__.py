"""Measures the decision against labels, and fits it."""
