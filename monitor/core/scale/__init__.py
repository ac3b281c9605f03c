"""Counts to names: converter codes come in, weighings, feeds and questions go out.

Finds steps between plateaus and explains them by who was moved; takes people's corrections.
Uses ``growth`` for what a baby should weigh; knows nothing of sound or alerts.
"""
