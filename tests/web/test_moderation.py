"""The staff's pages: there for staff, and for nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from skillswap.db import db, transaction
from skillswap.domain import cases, reports
from skillswap.domain.reports import SubjectKind
from skillswap.errors import WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import Case, ReportCategory
from tests import people
from tests.conftest import HTMX


def reported(
    reporter,
    username: str,
    body: str = "Asks for <b>money</b>",
    category: ReportCategory = ReportCategory.SPAM,
) -> str:
    """The key of the case that this report opened or joined."""
    with transaction():
        subject = reports.subject_of(reporter, SubjectKind.PERSON, username, utcnow())
        report = reports.make_report(
            reporter,
            subject,
            category=category,
            body=body,
            also_block=False,
            now=utcnow(),
        )
        return db.session.get_one(Case, report.case_id).public_id


def post(client, url: str, headers=None):
    return client.post(url, headers=headers or {})


def taken(client, key: str) -> str:
    """The page of a case that this client has taken."""
    post(client, f"/moderation/cases/{key}/claim")
    return client.get(f"/moderation/cases/{key}").text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_nobody_else_learns_that_there_is_a_queue(browser, ada, ben, headers):
    key = reported(ada, "ben")
    for person in (None, ada, ben):
        for url in ("/moderation", "/moderation/cases/next", f"/moderation/cases/{key}"):
            assert browser(person).get(url, headers=headers).status_code == 404


def test_who_takes_a_case_reads_it_and_nobody_else(browser, ada, ben, mo):
    key = reported(ada, "ben")
    client, colleague = browser(mo), browser(people.make_person("max", staff_role="moderator"))
    queue = client.get("/moderation").text
    assert f"/moderation/cases/{key}" in queue
    assert "Ada Example" not in queue  # who reported is read by who decides
    before = client.get(f"/moderation/cases/{key}").text
    assert "Take it" in before
    assert "money" not in before
    page = taken(client, key)
    assert "Asks for &lt;b&gt;money&lt;/b&gt;" in page
    assert "one person at a time" in page
    assert "Ada Example" in page
    seen = colleague.get(f"/moderation/cases/{key}")
    assert "Mo Example has taken it" in seen.text
    assert "money" not in seen.text
    assert seen.headers["Cache-Control"] == "private, no-store"
    assert post(colleague, f"/moderation/cases/{key}/claim").status_code == 409
    assert "Took a case" in client.get("/moderation/audit").text


def test_a_case_is_handed_back_and_lapses_after_a_day(browser, ada, ben, mo):
    key = reported(ada, "ben")
    client, max_ = browser(mo), people.make_person("max", staff_role="moderator")
    taken(client, key)
    assert post(client, f"/moderation/cases/{key}/hand-back").status_code == 303
    assert "Take it" in client.get(f"/moderation/cases/{key}").text
    assert post(client, f"/moderation/cases/{key}/hand-back").status_code == 409
    now = utcnow()
    with transaction():
        cases.claim(mo, key, now)
    with pytest.raises(WrongState), transaction():
        cases.claim(max_, key, now + timedelta(hours=23, minutes=59))
    with transaction():
        cases.claim(max_, key, now + timedelta(hours=24))
    with pytest.raises(WrongState), transaction():
        cases.held(mo, key, now + timedelta(hours=24))


def test_what_is_reported_twice_is_one_case_and_safety_is_first(browser, ada, ben, cy, mo):
    other = reported(ben, "cy")
    one = reported(ada, "ben")
    assert reported(cy, "ben", category=ReportCategory.SAFETY) == one
    client = browser(mo)
    queue = client.get("/moderation").text
    assert queue.index(one) < queue.index(other)
    assert client.get("/moderation/cases/next").location == f"/moderation/cases/{one}"
    page = taken(client, one)
    assert "Ada Example" in page
    assert "Cy Example" in page
    assert client.get("/moderation/cases/next").location == f"/moderation/cases/{one}"
    assert other not in client.get("/moderation?kind=claim").text


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


def test_nobody_decides_about_themselves_partners_or_admins(browser, ada, ben):
    max_ = people.make_person("max", staff_role="moderator", offers=("go",), wants=("watercolour",))
    root = people.make_person("root", staff_role="admin")
    people.make_exchange(max_, ada)
    keys = [reported(ben, "max"), reported(ben, "ada"), reported(max_, "ben")]
    keys.append(reported(ben, "root"))
    client = browser(max_)
    for key in keys:
        assert client.get(f"/moderation/cases/{key}").status_code == 404
        assert post(client, f"/moderation/cases/{key}/claim").status_code == 404
    assert "Nothing waits" in client.get("/moderation").text
    assert browser(root).get(f"/moderation/cases/{keys[3]}").status_code == 404
    chief = people.make_person("zoe", staff_role="admin")
    assert browser(chief).get(f"/moderation/cases/{keys[3]}").status_code == 200


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
