"""Layers that turn sound into spectrograms."""
