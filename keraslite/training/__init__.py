"""The one trainer: programs, the loop, what `compile` was given, data sources, progress."""
