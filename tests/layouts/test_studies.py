import numpy as np

from core.explore.studies import studies as of
from layouts import studies


def table(answered, mask=None):
    chosen = np.ones(answered.result.n_query, dtype=bool) if mask is None else mask
    return of(answered.bundle, answered.result, chosen)


def test_rows_are_plain_json(answered):
    import json

    rows = studies.rows(table(answered))
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert len(rows) == 4


def test_links_lead_to_pubmed_else_to_the_repository_else_nowhere(answered):
    rows = {row["study"]: row for row in studies.rows(table(answered))}
    frame = table(answered).set_index("study")
    for study, row in rows.items():
        if isinstance(frame.loc[study, "pubmed_id"], str):
            assert row["href"].startswith("https://pubmed.")
        elif isinstance(frame.loc[study, "accession"], str):
            assert row["accession"] in row["href"]
        else:
            assert row["href"] == ""
            assert row["accession"] == "no accession"


def test_a_study_without_hits_has_no_similarity(answered):
    rows = studies.rows(table(answered, np.zeros(answered.result.n_query, dtype=bool)))
    assert {row["similarity"] for row in rows} == {None}
    assert {row["n_hits"] for row in rows} == {0}


def test_every_number_has_a_definition():
    assert all(column["headerTooltip"] for column in studies.columns())


def test_missing_years_leave_no_dot(answered):
    frame = table(answered)
    frame["year"] = None
    assert all(not row["detail"].endswith("· ") for row in studies.rows(frame))


def test_accession_technology_and_year_are_columns_where_there_is_room():
    hidden = [column for column in studies.columns() if column.get("hide")]
    assert [column["field"] for column in hidden] == ["accession", "technology", "year"]
    assert all(column["filter"] for column in hidden)


def test_years_are_numbers_to_sort_by(answered):
    frame = table(answered)
    frame["year"] = [2017, None, 2016, 2014]
    assert [row["year"] for row in studies.rows(frame)] == [2017, None, 2016, 2014]
