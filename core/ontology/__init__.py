"""The ontology graph of a bundle: relatives of a term, similarity of two terms, positions for drawing."""
