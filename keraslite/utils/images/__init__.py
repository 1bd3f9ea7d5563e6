"""Images as arrays, in files and resized, by Pillow and NumPy."""
