"""What happens when a handler of the page fails: it is logged, the page stays as it is, and nobody sees a traceback."""

from __future__ import annotations

import logging

from dash import no_update

from core.errors import ScQueryError

logger = logging.getLogger(__name__)


def log_failure(error: Exception) -> object:
    """Log an exception of a handler and leave its outputs alone.

    Parameters
    ----------
    error : Exception
        Not `PreventUpdate`, which Dash treats itself.

    Returns
    -------
    object
        Dash's "no update".
    """
    if isinstance(error, ScQueryError):
        logger.info("A handler refused", extra={"fields": {"code": error.code}})
    else:
        logger.error("A handler failed", exc_info=error)
    return no_update
