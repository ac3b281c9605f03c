"""Shared by all tests: in CI a skipped system test is a failure."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No limit in milliseconds for one example: a busy machine is not a fault.
settings.register_profile("nursery", deadline=None)
settings.load_profile("nursery")

# Before numpy is imported, as in monitor.cli: a spinning BLAS thread is slower than none.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SHARING = frozenset(
    {"test_broker_setup.py", "test_check_broker.py", "test_home_assistant.py", "test_intruder.py",
     "test_page_screens.py", "test_recipes.py"}
)  # fmt: skip
"""system tests whose server is dear and shared by the file"""

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With "--dist loadgroup" files that share a server stay whole; other tests go one by one."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return path if Path(path).name in SHARING else nodeid

    return Sharing(config, log) if config.getoption("dist") == "loadgroup" else None
