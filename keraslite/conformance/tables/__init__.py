"""Rows by family; each module has a list `ROWS`."""
