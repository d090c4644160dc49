"""A Kubernetes API on loopback whose pods are processes, for one run by hand: ``python -m tests.kubernetes``.

It shows what Snakemake's Kubernetes executor asks a cluster for and that this is enough to count; images, claims and the
scheduling of a real cluster are not tried.
"""
