"""Genes that set types apart: a test per type, background and study, combined over studies (science 8)."""

from build_bundle.differential.differential_step import run

__all__ = ["run"]
