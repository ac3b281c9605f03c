"""Brokers of more than one node, and what the boxes need: ``python -m tests.system.cluster``.

Everything happens on loopback, in a network namespace of its own: each node has an address, and a
line between two of them can be cut as a cable is.
"""
