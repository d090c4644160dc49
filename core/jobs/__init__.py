"""A query is a durable job: a record on disk first, then work."""
