"""Files that a user brings to a finished result: read whole, checked by whoever knows them, kept with the job."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flask import request

from callbacks.services import services
from core.jobs.disk import check_room


def content(max_bytes: int) -> bytes:
    """Return the body of the request.

    Raises
    ------
    RequestEntityTooLarge
        When it has more than `max_bytes`; it is then not read.
    """
    request.max_content_length = max_bytes + 1  # a body that ends exactly at the limit counts as over it
    return request.get_data(cache=False)


def keep(path: Path, brought: bytes) -> None:
    """Write a file of a job so that a reader sees the old one or the new one.

    Parameters
    ----------
    path : Path
        In the job's folder, as `core.jobs.records.JobFolder` names it.
    brought : bytes
        What takes the place of the file.

    Raises
    ------
    LimitError
        ``disk-full``.
    """
    check_room(path.parent, len(brought), services().settings.min_free_bytes)
    handle, name = tempfile.mkstemp(prefix=".brought-", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(brought)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
