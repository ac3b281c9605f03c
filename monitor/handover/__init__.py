"""The night in words, for the next carer and for the vet.

The journal and what is true now come in, one short text goes out. Knows no broker and no clock:
times and the zone that they are spoken in are given.
"""
