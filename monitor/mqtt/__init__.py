"""All that speaks to the broker: connection, publisher, topics, Home Assistant's documents.

Retained state and outbox rows come in, acknowledged messages and received commands go out. Uses
``store`` for the outbox; knows nothing of the pipeline.
"""
