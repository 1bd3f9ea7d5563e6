"""Layers that prepare images, with the labels, boxes and masks that belong to them."""
