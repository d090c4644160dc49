"""The builder: from studies to a published data bundle, offline."""
