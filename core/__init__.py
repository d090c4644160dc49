"""The domain: bundles, expression, ontology, search, results and jobs. Knows no web framework."""

__version__ = "0.2.0"
