"""Composition root: settings, bundles, engine, page."""
