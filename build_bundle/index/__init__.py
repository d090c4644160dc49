"""Embedding the reference and making it searchable."""

from build_bundle.index.index_step import run

__all__ = ["run"]
