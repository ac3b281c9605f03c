"""All that speaks to the broker: bridge, publisher, connection, topics, Home Assistant's documents.

Events, documents and outbox rows come in; acknowledged messages and received commands go out. Uses
``store`` for the outbox and the identity; knows nothing of the pipeline.
"""
