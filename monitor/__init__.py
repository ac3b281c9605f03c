"""Nursery monitor: a load cell and a microphone watch over hand-raised kittens and puppies."""

__version__ = "0.1.0"
