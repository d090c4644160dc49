"""Pieces of long work: what a task is (``task``), how finished ones are kept and found again (``store``), how it goes (``progress``).

Used by builds and by counting reads alike. Not here: which tasks there are.
"""
