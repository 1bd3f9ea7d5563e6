"""Data sets of the files in a folder: images, texts and sounds."""
