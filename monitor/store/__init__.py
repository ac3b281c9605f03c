"""All that is on the card: the journal and its schema, the outbox, the inbox, kept clips.

Events and messages come in and survive a power cut; while a card refuses, the journal goes on in
memory. Knows nothing of the broker, the devices or what a decision means.
"""
