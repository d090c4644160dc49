"""Finding genes by what somebody types: suggestions for a search box, and pasted lists.

Not here: what a matrix's ids mean (``genes``), anything about expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.errors import InputError
from core.expression.genes import GeneNames

MAX_SUGGESTIONS = 12
MAX_LIST = 5_000
MAX_NAME = 60
_SEPARATORS = re.compile(r"[\s,;|\"']+")


@dataclass(frozen=True)
class Suggestion:
    """A gene that a typed text may mean.

    Parameters
    ----------
    symbol : str
        Official symbol, known to the reference.
    known_as : str
        The alias or id that was typed, empty where the symbol itself was.
    """

    symbol: str
    known_as: str = ""

    @property
    def label(self) -> str:
        """The symbol, with what it was found by."""
        return f"{self.symbol} ({self.known_as})" if self.known_as else self.symbol


@dataclass(frozen=True)
class GeneList:
    """What became of a pasted list.

    Parameters
    ----------
    symbols : tuple of str
        Genes of the reference, each once, in the order given.
    unknown : tuple of str
        Names that mean no gene of the organism, or more than one.
    absent : tuple of str
        Genes of the organism that no study of the reference measured, as they were written.
    n_given : int
        Names in the list, repeats counted.
    """

    symbols: tuple[str, ...]
    unknown: tuple[str, ...]
    absent: tuple[str, ...]
    n_given: int


@dataclass(frozen=True, eq=False)
class GeneFinder:
    """Finds genes of one reference.

    Parameters
    ----------
    names : GeneNames
        All names of the organism's genes.
    measured : mapping of str to int
        Genes of the reference, with the number of cells that have them: of two that fit, the more frequent comes first.
    """

    names: GeneNames
    measured: Mapping[str, int]

    @cached_property
    def _symbols(self) -> list[tuple[str, str]]:
        """Upper-case form and symbol of every gene, the most frequent first."""
        by_cells = sorted(self.measured, key=lambda s: -self.measured[s])
        return [(symbol.upper(), symbol) for symbol in by_cells]

    @cached_property
    def _aliases(self) -> list[tuple[str, str, str]]:
        return [(alias.upper(), alias, s) for alias, s in self.names.aliases.items() if s in self.measured]

    def resolve(self, name: str) -> str | None:
        """Return the symbol one name means.

        Parameters
        ----------
        name : str
            Symbol in any case, alias, Ensembl or Entrez id.

        Returns
        -------
        str or None
            A gene of the reference; None where the name means none of them.
        """
        text = name.strip()
        if not text or len(text) > MAX_NAME:
            return None
        symbol = self.names.resolve([text]).symbols[0]
        return symbol if symbol in self.measured else None

    def suggest(self, text: str, limit: int = MAX_SUGGESTIONS) -> tuple[Suggestion, ...]:
        """Suggest genes for a text somebody types.

        Parameters
        ----------
        text : str
            Beginning or part of a name, or a whole id.
        limit : int
            Suggestions at most.

        Returns
        -------
        tuple of Suggestion
            The gene the text means first, or the genes that share it as an alias, then symbols that begin with it, aliases
            that begin with it, symbols that hold it; within each the gene found in most cells first.
        """
        asked = text.strip()[:MAX_NAME]
        key = asked.upper()
        if not key:
            return tuple(Suggestion(symbol) for _, symbol in self._symbols[:limit])
        found: dict[str, Suggestion] = {}
        for suggestion in self._ranked(asked, key):
            found.setdefault(suggestion.symbol, suggestion)
            if len(found) >= limit:
                break
        return tuple(found.values())

    def _ranked(self, asked: str, key: str) -> Iterable[Suggestion]:
        exact = self.resolve(asked)
        if exact is not None:
            yield Suggestion(exact, "" if key in exact.upper() else asked)
        sharing = [symbol for symbol in self.names.shared_aliases.get(key, ()) if symbol in self.measured]
        yield from (Suggestion(symbol, asked) for symbol in sorted(sharing, key=lambda s: -self.measured[s]))
        yield from (Suggestion(symbol) for upper, symbol in self._symbols if upper.startswith(key))
        yield from (Suggestion(symbol, alias) for upper, alias, symbol in self._aliases if upper.startswith(key))
        yield from (Suggestion(symbol) for upper, symbol in self._symbols if key in upper)

    def read_list(self, text: str) -> GeneList:
        """Read a pasted list of genes.

        Parameters
        ----------
        text : str
            Names separated by spaces, commas, semicolons, tabs or line breaks; quotes are ignored.

        Returns
        -------
        GeneList
            What they mean.

        Raises
        ------
        InputError
            For more than 5,000 names.
        """
        given = [name for name in _SEPARATORS.split(text) if name]
        if len(given) > MAX_LIST:
            raise InputError(
                f"The list has {len(given):,} names.", next_step=f"Paste at most {MAX_LIST:,} genes.", code="gene-list"
            )
        return self.read_names(given)

    def read_names(self, given: Sequence[str]) -> GeneList:
        """Sort names into genes of the reference, genes it lacks, and names nobody knows.

        Parameters
        ----------
        given : sequence of str
            Names.

        Returns
        -------
        GeneList
            What they mean.
        """
        names = [name for name in dict.fromkeys(given) if len(name) <= MAX_NAME]
        symbols = self.names.resolve(names).symbols
        pairs = list(zip(names, symbols, strict=True))
        return GeneList(
            symbols=tuple(dict.fromkeys(s for _, s in pairs if s in self.measured)),
            unknown=tuple(
                [n for n, s in pairs if s is None] + [n[:MAX_NAME] for n in dict.fromkeys(given) if len(n) > MAX_NAME]
            ),
            absent=tuple(n for n, s in pairs if s is not None and s not in self.measured),
            n_given=len(given),
        )
