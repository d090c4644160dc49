"""The panel A list of genes: the types it fits, and the user's gene sets that hold more of it than chance gives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, asked, in_panel, open_shown
from core.errors import ScQueryError
from core.explore.evidence import main_label
from core.explore.gene_list import flat
from core.explore.gene_sets import Enrichment, GeneSets
from core.expression.gene_finder import GeneList
from core.result import to_csv
from layouts import gene_list, ids, links

EXAMPLE_GENES = 30
_KEPT = 4


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.LIST_RESULT, "children"),
        Output(ids.LIST_FOUND, "children"),
        Input(ids.LIST, "data"),
        Input(ids.LIST_VIEW, "value"),
        Input(ids.GENE_SETS_STATE, "data"),
        Input(ids.LIST_RESULT, "id"),
        State(ids.URL, "pathname"),
    )(update)
    app.callback(Output(ids.LIST_TEXT, "value"), Input(ids.LIST, "data"), Input(ids.LIST_TEXT, "id"))(show_text)
    app.callback(
        Output(ids.LIST_TEXT, "value", allow_duplicate=True),
        Input(ids.LIST_EXAMPLE, "n_clicks"),
        State(ids.SELECTION, "data"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(example)
    app.callback(
        Output(ids.LIST_FILE, "data"),
        Input(ids.LIST_DOWNLOAD, "n_clicks"),
        State(ids.LIST, "data"),
        State(ids.LIST_VIEW, "value"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(save)


def update(
    text: str | None,
    view: str | None,
    news: Mapping[str, Any] | None,
    place: object,  # noqa: ARG001  (its appearance is the news)
    pathname: str | None,
) -> tuple[Any, Any]:
    """Hold a list against types or gene sets.

    Parameters
    ----------
    text : str or None
        The list.
    view : str or None
        ``types`` or ``sets``.
    news : mapping or None
        Name of the file of gene sets, and why it was refused.
    place : object
        Id of the panel's content.
    pathname : str or None
        Path of the address.

    Returns
    -------
    tuple
        Content, and what became of the list.
    """
    content, found, message = in_panel(draw, 2, (pathname, "all", None, None), text, view, news)
    return (content, found) if message is None else (message, no_update)


def draw(shown: Shown, text: object, view: str | None, news: object) -> tuple[Any, Any]:
    """Draw the panel.

    Parameters
    ----------
    shown : Shown
        Result.
    text, view, news
        As `update`.

    Returns
    -------
    tuple
        Content, and what became of the list.
    """
    genes = asked(shown).read_list(text if isinstance(text, str) else "")
    words = gene_list.found(genes) if genes.n_given else []
    if view == "sets":
        return draw_sets(shown, genes, news), words
    if not genes.n_given:
        return gene_list.nothing_asked(), words
    if not genes.symbols:
        return gene_list.no_gene(), words
    return gene_list.fits(asked(shown).fits(genes.symbols)), words


def draw_sets(shown: Shown, genes: GeneList, news: object) -> list[Component]:
    """Draw over-representation in the gene sets of the result."""
    held = held_sets(shown)
    view = tested(shown, held, genes)
    name, refused = "Gene sets", ""
    match news:
        case {"name": str(given), "refused": str(why)}:
            refused = f"{given[:60]}: {why[:300]}" if why else ""
            name = name if why else given[:60]
        case _:
            pass
    return gene_list.sets(held, view, name=name, refused=refused)


def held_sets(shown: Shown) -> GeneSets | None:
    """Return the gene sets brought to the result, read once."""
    path = shown.job.folder.gene_sets
    try:
        made = path.stat()
    except OSError:
        return None
    key = (path, made.st_mtime_ns, made.st_size)
    with _lock:
        known = _read.get(key)
    if known is None:
        known = asked(shown).read_gmt(path.read_bytes())
        with _lock:
            _read[key] = known
            while len(_read) > _KEPT:
                _read.popitem(last=False)
    return known


_read: OrderedDict[tuple[Path, int, int], GeneSets] = OrderedDict()
_lock = threading.Lock()


def tested(shown: Shown, held: GeneSets | None, genes: GeneList) -> Enrichment | None:
    """Test a list against gene sets; None without either."""
    return asked(shown).enrichment(held, genes.symbols) if held is not None and genes.symbols else None


def show_text(text: str | None, box: object) -> str:  # noqa: ARG001  (its appearance is the news)
    """Write the list of the address into the box.

    Parameters
    ----------
    text : str or None
        Names, separated by commas.
    box : object
        Id of the box.

    Returns
    -------
    str
        Value of the box.
    """
    if not isinstance(text, str) or not text:
        raise PreventUpdate
    return ", ".join(text.split(","))


def example(n_clicks: int | None, selection: str | None, pathname: str | None) -> str:
    """Write the genes of the selection's most frequent type into the box.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    selection : str or None
        Part of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    str
        Value of the box.
    """
    if not n_clicks or links.read_path(pathname).page != "result":
        raise PreventUpdate
    try:
        shown = open_shown(pathname, selection, None)
        term_id = main_label(shown.result, shown.mask)
        if term_id is None:
            raise PreventUpdate
        card = shown.engine.type_card(shown.result, term_id, shown.mask)
    except ScQueryError as error:
        raise PreventUpdate from error
    return ", ".join(str(symbol) for symbol in card.up["gene_symbol"].head(EXAMPLE_GENES))


def save(n_clicks: int | None, text: str | None, view: str | None, pathname: str | None) -> dict[str, str]:
    """Give the shown table as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    text : str or None
        The list.
    view : str or None
        ``types`` or ``sets``.
    pathname : str or None
        Path of the address.

    Returns
    -------
    dict
        For `dash.dcc.Download`.
    """
    if not n_clicks or not isinstance(text, str):
        raise PreventUpdate
    shown = open_shown(pathname, "all", None)
    genes = asked(shown).read_list(text)
    if view == "sets":
        found = tested(shown, held_sets(shown), genes)
        if found is None:
            raise PreventUpdate
        name, table = gene_list.SETS_FILE, found.table
    else:
        name, table = gene_list.FITS_FILE, asked(shown).fits(genes.symbols).table
    return {"content": to_csv(flat(table)), "filename": name, "type": "text/csv"}
