"""Weighings of one baby to a trend and a rhythm: gain, verdict, intake, when the bottle is due.

Weights with times come in, assessments and conditions in words go out. Knows no scale and no
other baby.
"""
