"""Is the nest as warm as its babies need it? Readings of the probe that are temperatures come in.

Out go conditions (too cold, too warm, the heat has failed), what the retained topic ``nest`` says,
and whether a baby must be warmed before it is fed. Knows ages; neither weights nor bottles.
"""
