from __future__ import annotations

from typing import Any

from build_bundle.configuration.study_config import PartConfig, SourceFile, StudyConfig
from build_bundle.tables.study_facts import StudyOutcome, collection_table, studies_table


def facts(n: int, labels: list[str], words: list[dict[str, Any]] | None = None, taken: int = 0) -> dict[str, Any]:
    return {
        "n_cells": n, "n_taken": taken, "n_offered": n + 10, "n_genes": 100 + n, "unit": "counts", "labels": labels,
        "words": words or [{"word": "x", "n_cells": n, "fate": "used", "terms": labels}],
    }  # fmt: skip


def study(key: str, *parts: PartConfig, **fields: str) -> StudyConfig:
    return StudyConfig(key, "Title", "10x", "blood", "CC0", part=parts, **fields)


def part(key: str, **fields: Any) -> PartConfig:
    return PartConfig(key, SourceFile(path=f"{key}.h5ad"), **fields)


def test_parts_of_a_study_are_one_row() -> None:
    outcome = StudyOutcome(
        study("s", part("s_a", technology="Drop-seq"), part("s_b"), part("s_p", role="profile")),
        (facts(5, ["CL:1"]), facts(7, ["CL:1", "CL:2"]), facts(3, ["CL:9"])),
    )
    row = studies_table([outcome]).iloc[0]
    assert (row["n_cells"], row["n_cells_offered"], row["n_genes"], row["n_cell_types"]) == (12, 32, 107, 2)
    assert row["technology"] == "Drop-seq, 10x"
    assert row["source"] == "s_a.h5ad, s_b.h5ad"
    assert row["status"] == "used"
    assert outcome.n_teaching == 3


def test_a_part_or_a_whole_study_set_aside() -> None:
    half = StudyOutcome(study("s", part("a"), part("b")), (facts(5, ["CL:1"]), {"set_aside": "It is empty."}))
    assert (half.status, half.reason) == ("used", "It is empty.")
    none = StudyOutcome(study("t", part("a")), ({"set_aside": "It is empty."},))
    row = studies_table([none]).iloc[0]
    assert (row["status"], row["reason"], row["n_cells"], row["unit"]) == ("set_aside", "It is empty.", 0, "")


def test_profiles_and_held_out_studies() -> None:
    profiles = StudyOutcome(study("p", part("p", role="profile")), (facts(4, ["CL:1"]),))
    assert not profiles.has_cells
    assert not profiles.is_set_aside
    assert studies_table([profiles]).empty
    teachers = StudyOutcome(study("t", part("t", role="teacher")), (facts(4, ["CL:1"]),))
    assert (teachers.has_cells, teachers.is_set_aside, teachers.n_teaching) == (False, False, 4)
    lost = StudyOutcome(study("p", part("p", role="profile")), ({"set_aside": "gone"},))
    assert lost.is_set_aside
    held = StudyOutcome(study("h", part("h"), role="held_out"), (facts(4, ["CL:1"]),))
    assert held.status == "held_out"


def test_collection_by_month_and_kind() -> None:
    words = [{"word": "?", "n_cells": 6, "fate": "unmapped", "terms": []}]
    found = [
        StudyOutcome(study("a", part("a"), release_date="2019-03-01"), (facts(5, ["CL:1"], words, taken=2),)),
        StudyOutcome(study("b", part("b"), release_date="2019-03"), (facts(4, ["CL:1"]),)),
        StudyOutcome(study("c", part("c"), release_date="2019"), ({"set_aside": "x"},)),
        StudyOutcome(study("p", part("p", role="profile")), (facts(4, ["CL:1"]),)),
    ]
    rows = collection_table(found).set_index(["month", "kind"])
    assert rows.loc[("2019-03", "usable")].tolist() == [2, 11]
    assert rows.loc[("2019-03", "unmapped")].tolist() == [1, 6]
    assert rows.loc[("", "set_aside")].tolist() == [1, 0]
