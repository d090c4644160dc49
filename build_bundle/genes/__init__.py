"""What genes are called: all names of an organism's genes (``tables``), and those of another organism (``orthologs``)."""
