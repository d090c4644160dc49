from __future__ import annotations

import pytest

from tests.answers import Answer, answer


@pytest.fixture(scope="session")
def answered(tiny_world, tiny_builds, tmp_path_factory) -> Answer:
    """The planted bundle and an answered query of 122 cells."""
    return answer(tiny_world, tiny_builds, tmp_path_factory.mktemp("answer"))
