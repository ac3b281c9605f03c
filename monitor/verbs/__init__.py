"""What the ``nursery`` command does besides ``run``; each verb is loaded when it is called.

Arguments come in, text and exit codes go out. The daemon imports none of it.
"""
