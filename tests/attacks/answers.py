"""The answer to an uploaded file, and what every refusal must look like."""

from __future__ import annotations

import resource
from pathlib import Path

from core.errors import InputError
from core.expression.doctor import Diagnosis, examine
from core.expression.sandbox import read_upload
from tests.attacks.corpus import ENCODER, NAMES

SECONDS = 10.0
"""Processor time, since a busy machine may take longer; a reader that sleeps is ended by its own limit."""
DISPLAY = "my cells <b>.csv"


def answer(path: Path, work: Path) -> Diagnosis | InputError:
    """Give the answer for an uploaded file, as the app does."""
    spent = _processor_seconds()
    try:
        raw = read_upload(path, work, display_name=DISPLAY)
        result: Diagnosis | InputError = examine(raw, NAMES, organism="human", encoder_genes=ENCODER)
    except InputError as error:
        result = error
    assert _processor_seconds() - spent < SECONDS
    return result


def _processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    uses = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def assert_clear(error: InputError) -> None:
    """A refusal is two plain sentences and a code."""
    assert error.code
    assert error.message[0].isupper() or error.message[0].isdigit() or error.message.startswith(DISPLAY)
    assert error.message.endswith(".")
    assert error.next_step.endswith((".", ")."))
    for leak in ("Traceback", "/tmp/", 'File "', " at 0x", "object at"):
        assert leak not in str(error)
