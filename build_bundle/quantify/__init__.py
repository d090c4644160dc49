"""From reads to counts: prepare a reference, align cells, count coding fragments, write files that the page takes.

Reading order: ``intervals`` and ``reference`` (genome and coding intervals), ``library`` and ``sheet`` (what is to be
quantified), ``fastq``, ``alignment``, ``droplets`` (one library), ``library_step`` (its state), ``collect`` (files by
study), ``commands``. Not here: which libraries exist (``harvest``), what the cells are (``label``), and where the work
runs (``workflow``).
"""
