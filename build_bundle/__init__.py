"""The builder: from studies to a published data bundle, offline.

A build, from what it is asked for to what is published::

    configuration  what is asked for             ontology, genes  terms and gene names of the releases
    sources        one file read at a time       label            words to terms, found in texts or given
    cells          the corpus of all cells       steps            tasks, kept when finished
    train, networks, index, differential, evaluate               the numeric steps
    tables, report what describes the bundle     builds           the steps in order, run and published

Beside it: ``harvest``, ``quantify`` and ``collection`` lead from public repositories to a configuration, ``workflow`` says where
counting runs, ``study`` compares networks. ``cli`` and ``commands`` are the command line, ``diff`` compares two bundles.
"""

from core import __version__

__all__ = ["__version__"]
