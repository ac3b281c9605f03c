"""A simulated nursery: the box on its scale, sounds, a night, the demo.

Seeds and scripts come in, converter values and audio with their truth go out. The daemon loads
it only for ``source = "simulated"``.
"""
