"""Labels from free text: what a sample's metadata says, as Cell Ontology and UBERON terms with evidence (science 2).

``words`` and ``vocabulary`` prepare texts and names, ``matcher`` finds names in texts, ``cell_types`` reads short values such as
"beta", ``decide`` keeps the most specific terms, ``overrides`` lets a curator win. Not here: fetching metadata (``harvest``).
"""
