"""Conditions to alerts with a life: raised, reminded, acknowledged, snoozed, cleared.

What is true now comes in, each change a person should hear of goes out. Knows nothing of how a
condition was found or how an alert travels.
"""
