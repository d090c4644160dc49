"""Replies of services, kept on disk under what was asked.

One file a reply: a line of JSON (what was asked, size, SHA-256), then the body as it came. A damaged file counts as
absent. Keys and addresses of mail are never part of what is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from core.durable import write_durably


class ReplyStore:
    """Replies under one folder.

    Parameters
    ----------
    folder : Path
        Made when the first reply is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, url: str, params: Mapping[str, str]) -> bytes | None:
        """Return the body kept for a question, or None."""
        path = self._path(url, params)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            record = json.loads(head)
        except (OSError, ValueError):
            return None
        whole = isinstance(record, dict) and record.get("sha256") == hashlib.sha256(body).hexdigest()
        return body if whole else None

    def keep(self, url: str, params: Mapping[str, str], body: bytes) -> None:
        """Keep the body of a reply."""
        path = self._path(url, params)
        path.parent.mkdir(parents=True, exist_ok=True)
        record = {
            "url": url,
            "params": dict(sorted(params.items())),
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        write_durably(path, json.dumps(record).encode() + b"\n" + body)

    def _path(self, url: str, params: Mapping[str, str]) -> Path:
        asked = json.dumps([url, sorted(params.items())])
        name = hashlib.sha256(asked.encode()).hexdigest()
        return self.folder / name[:2] / name
