import pandas as pd
import pytest

from core.explore.compared_cells import MIN_REPLICATE_CELLS, replicates_of


def cells(group: dict[str, int], against: dict[str, int]) -> pd.DataFrame:
    rows = [
        (side, name)
        for side, sizes in (("group", group), ("against", against))
        for name, n in sizes.items()
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["side", "replicate"])


def donors(first: int, last: int) -> dict[str, int]:
    return {f"d{i}": MIN_REPLICATE_CELLS for i in range(first, last)}


@pytest.mark.parametrize(
    ("group", "against", "paired", "sizes"),
    [
        (donors(0, 4), donors(0, 4), True, (4, 4)),
        (donors(0, 4), donors(2, 6), True, (2, 2)),  # half of either side
        (donors(0, 10), donors(8, 18), False, (10, 10)),  # two shared ones are no reason to leave out sixteen
        (donors(0, 3), donors(3, 5), False, (3, 2)),
        (donors(0, 3), donors(2, 5), False, (3, 3)),  # one pair is none
    ],
)
def test_pairs_where_most_replicates_are_in_both_groups(group, against, paired, sizes):
    found, why = replicates_of(cells(group, against))
    assert why == ""
    assert found.paired is paired
    assert (len(found.group), len(found.against)) == sizes
    if paired:
        assert found.group == found.against


def test_replicates_of_few_cells_or_without_a_name_do_not_count():
    table = cells({**donors(0, 2), "small": MIN_REPLICATE_CELLS - 1}, donors(2, 4))
    table.loc[len(table)] = ["group", None]
    found, _ = replicates_of(table)
    assert found.group == ["d0", "d1"]
    lacking, why = replicates_of(cells(donors(0, 1), donors(2, 4)))
    assert lacking is None
    assert why.startswith("A group has 1 replicate with 10 selected cells or more")
