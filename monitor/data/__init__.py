"""What ships with the package: the cry model, the growth reference, and their loading.

A name or a path comes in, bytes go out.
"""
