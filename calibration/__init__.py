"""Builds calibrations and measures them, by hand or in training; the daemon imports none."""
