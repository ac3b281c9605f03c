"""What people write, read strictly: requests, and the amounts, times and dates in them.

Text comes in, with when and where it was written; typed requests, grams and Unix seconds go out, or
a refusal in one sentence. What can be read in two ways is never guessed.
"""
