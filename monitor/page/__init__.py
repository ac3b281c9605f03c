"""The page on the phone: a process of its own, MQTT on one side and HTTP on the other.

Retained topics, events and answers come in; HTML, JSON and server-sent events go out, and commands
to the boxes. Knows no journal, no device and nothing of the daemon but what it says to everybody.
"""
