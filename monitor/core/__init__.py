"""Pure signal processing and decisions: no clock, no files, no threads, no devices."""
