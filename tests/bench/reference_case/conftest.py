"""One tiny world, written once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.reference_case.sizes import Size

from bench.reference_case import world

TINY = Size("tiny", people=240, replicas=2, campaign=12)
PART_ROWS = 6_000


def plan_in(folder: Path, processes: int) -> world.Plan:
    return world.Plan(TINY, 5, None, folder, processes)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> world.Plan:
    plan = plan_in(tmp_path_factory.mktemp("letter") / "world", 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "PART_ROWS", PART_ROWS)
        world.write(plan)
    return plan
