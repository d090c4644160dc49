"""Genes that set each cell type apart: Wilcoxon per type and study, combined over studies (science 8)."""

from build_bundle.differential.differential_step import run

__all__ = ["run"]
