"""Files that people hand us, read strictly: audio, converter values, spreadsheets.

A path comes in, typed rows or samples go out, or one sentence that says what is wrong with the
file. Knows nothing of devices or of the journal.
"""
