"""Measures the cry model, the growth rules and the scale against known truth; prints figures."""
