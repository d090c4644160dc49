"""The domain: bundles, expression, ontology, search, results and jobs. Knows no web framework."""
