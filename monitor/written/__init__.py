"""Amounts, times and dates as people write them, and said back to them.

Text comes in, with when and where it was written; grams and Unix seconds go out, or a refusal.
What can be read in two ways is never guessed.
"""
