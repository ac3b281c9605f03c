"""Is each source, the computer and the link alive? What arrives comes in, blindness goes out.

Judges data by what they are, never by what a driver claims. Knows nothing of weights or cries.
"""
