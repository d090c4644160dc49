"""Expression matrices: reading files, finding out what they hold, gene names, and the one recipe of normalisation."""
