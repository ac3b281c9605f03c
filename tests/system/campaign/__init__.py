"""The fault campaign: break everything around a real box, many times, and count what got through.

``python -m tests.system.campaign`` runs it; ``rounds`` says what a round is, ``judge`` and
``silence`` what is held against the box.
"""
