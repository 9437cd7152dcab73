"""The staff's pages: there for staff, and for nobody else."""

from __future__ import annotations

import pytest

from skillswap.db import transaction
from skillswap.domain import reports, safety
from skillswap.domain.reports import SubjectKind
from skillswap.lib.clock import utcnow
from skillswap.models import ReportCategory
from tests import people
from tests.conftest import HTMX


def reported(reporter, username: str, body: str = "Asks for <b>money</b>"):
    with transaction():
        subject = reports.subject_of(reporter, SubjectKind.PERSON, username, utcnow())
        return reports.make_report(
            reporter,
            subject,
            category=ReportCategory.SPAM,
            body=body,
            also_block=False,
            now=utcnow(),
        )


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_nobody_else_learns_that_there_is_a_queue(browser, ada, ben, headers):
    report = reported(ada, "ben")
    for person in (None, ada, ben):
        for url in ("/moderation", f"/moderation/reports/{report.public_id}"):
            assert browser(person).get(url, headers=headers).status_code == 404


def test_staff_read_the_report_and_what_it_looked_like(browser, ada, ben, mo):
    report = reported(ada, "ben")
    client = browser(mo)
    queue = client.get("/moderation")
    assert queue.status_code == 200
    assert f"/moderation/reports/{report.public_id}" in queue.text
    page = client.get(f"/moderation/reports/{report.public_id}")
    assert "Asks for &lt;b&gt;money&lt;/b&gt;" in page.text
    assert "one person at a time" in page.text
    assert "Ada Example" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_the_entry_and_its_count_are_for_staff(browser, ada, ben, mo, queries):
    assert "Moderate" not in browser(ada).get("/").text
    client = browser(mo)
    assert "Moderate" in client.get("/").text
    reported(ada, "ben")
    reported(ben, "ada")
    queries.clear()
    text = client.get("/help").text
    assert len(queries) == 1
    nav = text.partition('href="/moderation"')[2].partition("</a>")[0]
    assert '<span class="count">2<' in nav
    assert "/moderation" not in browser(ada).get("/").text


def test_a_report_about_oneself_is_not_there(browser, ada, mo):
    report = reported(ada, "mo")
    assert browser(mo).get(f"/moderation/reports/{report.public_id}").status_code == 404


def test_a_link_leads_only_to_who_is_there(browser, ada, ben, mo):
    report = reported(ada, "ben")
    client = browser(mo)
    url = f"/moderation/reports/{report.public_id}"
    assert 'href="/people/ben"' in client.get(url).text
    with transaction():
        safety.suspend(ben, days=1, reason="", now=utcnow())
    page = client.get(url)
    assert (page.status_code, 'href="/people/ben"' in page.text) == (200, False)


def test_the_queue_costs_the_same_for_one_and_for_many(browser, ada, mo, queries):
    client = browser(mo)
    counts = []
    for number in range(8):
        reported(ada, people.make_person(f"p{number}").username)
        queries.clear()
        assert client.get("/moderation").status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1
    assert counts[0] <= 2
