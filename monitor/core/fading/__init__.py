"""The baby that begins to fade: signs that agree, each against the baby's own past.

Weighings, bottles and hours of each baby come in, a judgement with its signs in words goes out.
Uses ``growth``; knows no scale, no microphone and no alert's life.
"""
