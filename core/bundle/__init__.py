"""The bundle contract: what a data bundle holds, how it is written, verified and read.

Imported by the builder and the app alike. Not here: anything that interprets the numbers.
"""
