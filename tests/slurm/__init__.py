"""A real SLURM on loopback, for one run by hand: ``python -m tests.slurm`` (root, Debian's slurm-wlm and munge)."""
