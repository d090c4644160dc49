"""Registers callbacks that run in the browser: functions of ``assets/scquery.js``, by name."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Dash, Input, Output, State
from dash.dependencies import ClientsideFunction

NAMESPACE = "scquery"


def in_browser(
    app: Dash, function: str, outputs: Output | Sequence[Output], *dependencies: Input | State, initially: bool = True
) -> None:
    """Register one.

    Parameters
    ----------
    app : Dash
        The app.
    function : str
        Name in ``assets/scquery.js``.
    outputs : Output or sequence of Output
        What it sets.
    *dependencies : Input or State
        Its arguments, in order.
    initially : bool
        Whether it also runs when its components appear.
    """
    targets = [outputs] if isinstance(outputs, Output) else list(outputs)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction(NAMESPACE, function), *targets, *dependencies, prevent_initial_call=not initially
    )
