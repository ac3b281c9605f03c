"""All that is on the card: the journal and its schema, the outbox, the inbox, kept clips.

Events and messages come in and survive a power cut; a card that refuses is stood in for by
memory. Knows nothing of the broker, the devices or what a decision means.
"""
