"""Where batches come from: arrays, generators, datasets and loaders of other libraries."""
