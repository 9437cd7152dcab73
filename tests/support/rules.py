"""Pytest plug-in: what a test may leave out, and where.

`@pytest.mark.only_on("sqlite")` leaves a test out of the other database's run, where it would
mean nothing. A skip is something else: it is for a machine that lacks a program. CI installs
them all, so a skip there would be a hole in the suite, and fails.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to the other database."""
    database = os.environ.get("TEST_DATABASE", "sqlite")
    elsewhere = [
        item
        for item in items
        if any(database not in mark.args for mark in item.iter_markers("only_on"))
    ]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


def refuse_skip(report: Any) -> None:
    """In CI turn a skip into a failure; an expected failure stays what it is."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
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
