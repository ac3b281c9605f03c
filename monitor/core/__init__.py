"""The decisions, pure: observations with their times come in, events and conditions go out.

Knows no clock, file, thread, device or broker; imports the standard library, numpy and msgspec.
``pipeline`` folds one observation in and is the only part that knows all the others.
"""
