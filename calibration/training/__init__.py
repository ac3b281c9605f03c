"""Trains the cry model; a manifest of labelled clips comes in, a model file goes out."""
