"""The look of AG Grid tables, from the tokens: dark follows by itself."""

from __future__ import annotations

from typing import Any

_PARAMS = ", ".join(
    (
        "backgroundColor: 'var(--surface)'",
        "oddRowBackgroundColor: 'var(--surface)'",
        "headerBackgroundColor: 'var(--surface)'",
        "foregroundColor: 'var(--text)'",
        "headerTextColor: 'var(--text3)'",
        "headerFontSize: 11",
        "headerFontWeight: 600",
        "fontFamily: 'Inter, system-ui, sans-serif'",
        "fontSize: 12",
        "borderColor: 'var(--border)'",
        "rowHoverColor: 'var(--surface2)'",
        "selectedRowBackgroundColor: 'var(--accent-soft)'",
        "accentColor: 'var(--accent)'",
        "browserColorScheme: 'inherit'",
        "wrapperBorder: false",
        "columnBorder: false",
        "headerColumnResizeHandleColor: 'transparent'",
        "spacing: 5",
        "cellHorizontalPadding: 8",
        "headerHeight: 30",
    )
)


def options(*, row_height: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give the options all tables share.

    Parameters
    ----------
    row_height : int
        Pixels.
    **more
        Further options of the grid.

    Returns
    -------
    dict
        For ``dashGridOptions``.
    """
    return {
        "theme": {"function": f"themeQuartz.withParams({{{_PARAMS}}})"},
        "rowHeight": row_height,
        "suppressCellFocus": False,
        "suppressMovableColumns": True,
        "enableCellTextSelection": True,
        "tooltipShowDelay": 300,
        "animateRows": False,
        **more,
    }
