"""The cells of a build: chosen, joined, kept on disk, streamed, held out.

``selection`` says which terms label a cell and which cells train, ``corpus_step`` joins what was read to one ``corpus``, ``stream``
goes through it in the encoder's genes, ``holdout`` leaves cells out, ``step_context`` hands it to a numeric step.
Not here: reading sources (``sources``).
"""
