"""What a second costs, in instructions: counted by valgrind, so that other work moves nothing."""

from __future__ import annotations

import platform
import shutil

import pytest

from tests.bench.bench_instructions import BUDGETS, CASES, per_second

pytestmark = [
    pytest.mark.system,
    pytest.mark.optional,
    pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the budgets are of x86-64"),
]


@pytest.mark.parametrize("case", CASES)
def test_a_second_takes_as_many_instructions_as_it_did(case: str) -> None:
    assert per_second(case) == pytest.approx(BUDGETS[case], rel=0.03, abs=0.005)
