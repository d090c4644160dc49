"""Nearest reference cells, scores of cell types, and how far to trust them."""
