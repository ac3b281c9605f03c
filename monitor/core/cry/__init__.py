"""Sound to crying: audio blocks come in, bouts of calls and the crying incident go out.

Features, the network and its file, the rule over its windows, and what a spell of bouts means.
Knows nothing of weights, babies' names or alerts.
"""
