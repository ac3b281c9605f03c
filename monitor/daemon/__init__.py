"""The loop and what it owns: sources in, outputs out, the recorder between them.

The only room that joins devices, core, store and broker; everything in it lives as long as the
process.
"""
