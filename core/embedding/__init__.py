"""Embedding cells with the exported networks, in numpy alone."""
