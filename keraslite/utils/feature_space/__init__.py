"""`FeatureSpace`: rows of a table as vectors."""
