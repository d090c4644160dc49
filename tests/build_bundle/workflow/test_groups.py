from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from build_bundle.workflow.groups import Load, make_groups

LOADS = st.lists(st.tuples(st.floats(0, 500), st.booleans()), max_size=700).map(
    lambda rows: [Load(f"t{i}", size, large) for i, (size, large) in enumerate(rows)]
)


@given(LOADS, st.integers(1, 120))
def test_every_task_is_in_one_group_and_none_is_small(loads: list[Load], size: int) -> None:
    groups = make_groups(loads, size=size, threads=2, memory_mb=100)
    assert sorted(name for group in groups for name in group.tasks) == sorted(load.name for load in loads)
    assert len({group.name for group in groups}) == len(groups)
    large = {load.name for load in loads if load.is_large}
    small = [group for group in groups if not large & set(group.tasks)]
    assert all(len(group.tasks) == 1 for group in groups if large & set(group.tasks))
    assert len(small) <= 1 or all(size <= len(group.tasks) < 2 * size for group in small)
    assert groups == make_groups(loads, size=size, threads=2, memory_mb=100)


def test_time_grows_with_what_is_read() -> None:
    one, two = (make_groups([Load("a", size)], size=1, threads=1, memory_mb=1)[0].minutes for size in (10, 10_000))
    assert two > one >= 30
