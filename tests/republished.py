"""A published bundle in other words: another build that shares the files it does not change."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from core.bundle.manifest import read_manifest
from core.bundle.publish import new_stage, publish
from core.bundle.schema import MANIFEST
from core.bundle.spec import TableSpec
from core.bundle.writer import write_table


def republish(
    source: Path, out: Path, tables: Mapping[TableSpec, pd.DataFrame], files: Mapping[str, bytes], **facts: object
) -> Path:
    """Publish a bundle with other tables, files and facts; the caller holds the lock of `out`, on the same disk as `source`."""
    stage = new_stage(out)
    replaced = {MANIFEST, *files, *(spec.file for spec in tables)}
    for path in (p for p in source.rglob("*") if p.is_file()):
        place = path.relative_to(source)
        if place.as_posix() not in replaced:
            (stage / place).parent.mkdir(exist_ok=True)
            os.link(path, stage / place)
    for spec, table in tables.items():
        write_table(stage, spec, table)
    for name, data in files.items():
        (stage / name).write_bytes(data)
    return publish(stage, out, replace(read_manifest(source), files={}, bundle_id="", **facts))
