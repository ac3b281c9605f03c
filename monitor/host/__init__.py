"""This computer: its clocks, its health, and systemd's protocol.

Readings go out as observations or numbers. Knows nothing of babies, the broker or the card.
"""
