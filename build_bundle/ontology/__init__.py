"""Cell Ontology and UBERON for the builder: releases as they are distributed (``files``), a bundle's ontology tables (``tables``)."""
