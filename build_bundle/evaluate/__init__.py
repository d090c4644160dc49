"""The retrieval test on held-out studies (science 6), and the distance threshold learned from it."""

from build_bundle.evaluate.evaluation_step import run

__all__ = ["run"]
