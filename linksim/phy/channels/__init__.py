"""Channels: flat ones on complex symbols, and bit-level ones."""
