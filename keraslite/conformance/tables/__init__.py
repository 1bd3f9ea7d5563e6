"""Rows by family of ops. Each module has a list `ROWS`."""
