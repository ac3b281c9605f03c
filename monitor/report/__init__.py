"""Pages, pictures and tables for the vet, out of the journal.

A journal and a span of days come in, HTML, PNG or CSV goes out. Knows nothing of the loop.
"""
