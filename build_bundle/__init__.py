"""The builder: from studies to a published data bundle, offline."""

from core import __version__

__all__ = ["__version__"]
