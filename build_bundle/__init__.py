"""The builder: from studies to a published data bundle, offline."""

__version__ = "0.2.0"
