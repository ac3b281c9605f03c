"""Shared by all tests: in CI a skipped system test is a failure."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# No limit in milliseconds for one example: a busy machine is not a fault.
settings.register_profile("nursery", deadline=None)
settings.load_profile("nursery")

# Before numpy is imported, as in monitor.cli: a spinning BLAS thread is slower than none.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

CI = os.environ.get("CI") == "true"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, None, None]:
    """Turn skips of system tests into failures in CI; ``optional`` ones may be missing."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's result
    must_run = item.get_closest_marker("system") and not item.get_closest_marker("optional")
    if CI and report.skipped and must_run and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where it must run: {report.longrepr}"
