"""What staff did is written with the act, and stays as it was written."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from skillswap.db import db, transaction
from skillswap.domain import audit, safety
from skillswap.errors import WrongState
from skillswap.models import AuditEntry, StaffRole
from tests.conftest import HTMX


def suspended(person, by, now):
    with transaction():
        safety.suspend(person, days=7, reason="Asked for money", now=now, by=by)


def test_each_act_leaves_one_entry_with_who_whom_and_why(mo, ben, now):
    suspended(ben, mo, now)
    with transaction():
        safety.restore(ben, now=now, by=mo)
    with transaction():
        safety.limit(ben, days=3, reason="", now=now)
    with transaction():
        safety.give_role(ben, StaffRole.MODERATOR, now=now, by=mo)
    lines = audit.entries(audit.Filters(), None).rows
    assert [line.action for line in reversed(lines)] == [
        "Suspended an account",
        "Restored an account",
        "Limited an account",
        "Gave a role",
    ]
    first = lines[-1]
    assert (first.by, first.person_username, first.happened_at) == (mo.name, "ben", now)
    assert first.facts == [("Days", "7"), ("Reason", "Asked for money")]
    assert lines[1].by == ""  # from the command line


def test_what_the_clock_does_is_no_act_of_staff(ben, now):
    with transaction():
        safety.limit(ben, days=1, reason="", now=now)
    until = ben.state_until
    with transaction():
        assert safety.restore_due(until, 10) == 1
    assert len(audit.entries(audit.Filters(), None)) == 1


def test_an_act_that_fails_leaves_nothing(mo, ben, now):
    with transaction():
        safety.delete_person(ben, now=now)
    with pytest.raises(WrongState):
        suspended(ben, mo, now)
    assert not db.session.scalars(select(AuditEntry)).all()


def test_an_act_or_a_fact_without_words_is_refused(mo, ben, now):
    for action, facts in (("person.frowned_at", {}), ("person.limited", {"mood": "bad"})):
        with pytest.raises(KeyError), transaction():
            audit.record(action, by=mo, subject=ben, now=now, **facts)


@pytest.mark.parametrize(
    "change",
    [update(AuditEntry).values(action="person.restored"), delete(AuditEntry)],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_change_an_entry(mo, ben, now, change):
    suspended(ben, mo, now)
    with pytest.raises(DBAPIError, match="never changed"), transaction():
        db.session.execute(change)
    (entry,) = db.session.scalars(select(AuditEntry))
    assert entry.action == "person.suspended"


@pytest.mark.only_on("postgresql")
def test_postgresql_refuses_to_empty_the_table(mo, ben, now):
    suspended(ben, mo, now)
    with pytest.raises(DBAPIError, match="never changed"), transaction():
        db.session.connection().exec_driver_sql("TRUNCATE audit_entries")


def test_the_log_is_read_in_pages_by_action_by_whom_and_about_whom(mo, cy, ada, ben, now):
    for turn in range(25):
        suspended((ada, ben)[turn % 2], (mo, cy)[turn % 5 == 0], now)
    first = audit.entries(audit.Filters(), None)
    second = audit.entries(audit.Filters(), first.after)
    assert (len(first), len(second), second.after) == (20, 5, None)
    assert len({line.id for line in (*first, *second)}) == 25
    assert len(audit.entries(audit.Filters(by="cy"), None)) == 5
    assert len(audit.entries(audit.Filters(person="ben"), None)) == 12
    assert not audit.entries(audit.Filters(action="person.limited"), None).rows
    assert not audit.entries(audit.Filters(by="nobody"), None).rows


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_the_page_is_for_staff_and_says_who_did_what(browser, ada, ben, mo, now, queries, headers):
    suspended(ben, mo, now)
    for person in (None, ada):
        assert browser(person).get("/moderation/audit", headers=headers).status_code == 404
    client = browser(mo)
    queries.clear()
    page = client.get("/moderation/audit?action=person.suspended&person=ben", headers=headers)
    assert len(queries) == 2  # the frame, and the entries
    for words in ("Suspended an account", mo.name, ben.name, "Asked for money"):
        assert words in page.text
    assert "No such entry" in client.get("/moderation/audit?by=ada").text
    assert client.get("/moderation/audit?action=nonsense&after=garbage").status_code == 200
