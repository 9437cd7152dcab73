"""Pytest plug-in of CI: a test that skips itself there has failed.

A skip is for a machine that lacks something; CI installs everything, so there it is a hole.
"""

from collections.abc import Generator
from typing import Any

import pytest


def refuse_skip(report: Any) -> None:
    """Turn a skip into a failure; an expected failure stays what it is."""
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test, its set-up or its tear-down."""
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A whole module that skips itself while it is read."""
    report = yield
    refuse_skip(report)
    return report
