"""Text files that a user brings to a result: what holds for all of them, whatever they list."""

from __future__ import annotations

from core.errors import InputError


def plain_text(content: bytes, *, max_bytes: int, what: str, choose: str, code: str) -> str:
    """Read a file as text.

    Parameters
    ----------
    content : bytes
        The file.
    max_bytes : int
        Its largest size.
    what : str
        What it holds, for a sentence: "Gene sets".
    choose : str
        What to do when it is no text, one sentence.
    code : str
        Code of the errors.

    Returns
    -------
    str
        Without a byte order mark.

    Raises
    ------
    InputError
        When it is too large or is no UTF-8 text.
    """
    if len(content) > max_bytes:
        raise InputError(
            f"This file has {len(content) / 1e6:,.0f} MB.",
            next_step=f"{what} may have {max_bytes // 1024**2} MB.",
            code=code,
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise InputError("This file is not text.", next_step=choose, code=code)
    return text


def one_line(text: str, longest: int) -> str:
    r"""Make a stranger's text fit to be shown: no control characters, no more than `longest` characters.

    Examples
    --------
    >>> one_line("a\tlong\nname", 8)
    'a long …'
    """
    shown = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
