"""Layers that prepare data: texts, categories."""
