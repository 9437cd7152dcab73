"""What may staff announce, and who sees it until when?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import announcements
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import AnnouncementDismissal, AnnouncementState, Audience, AuditEntry, User

DAY = timedelta(days=1)


def announce(mo, now, title: str = "A quiet Sunday", **facts):
    """An announcement for a week."""
    given = {
        "body": "The place rests **from two to three**.",
        "audience": Audience.EVERYBODY,
        "is_public": False,
        "starts_at": None,
        "ends_at": now + 7 * DAY,
    } | facts
    with transaction():
        return announcements.publish(mo, title=title, now=now, **given)


def seen(person: User | None, now) -> list[str]:
    shown = announcements.for_person(person, now) if person else announcements.for_visitors(now)
    return [note.title for note in shown]


def test_it_is_shown_from_then_until_then(ada, mo, now):
    made = announce(mo, now, starts_at=now + DAY, ends_at=now + 2 * DAY)
    for later, shown, state in (
        (timedelta(), [], AnnouncementState.PLANNED),
        (DAY, ["A quiet Sunday"], AnnouncementState.SHOWN),
        (2 * DAY, [], AnnouncementState.OVER),
    ):
        assert seen(ada, now + later) == shown
        assert made.state_at(now + later) is state
    assert "<strong>from two to three</strong>" in made.body_html


def test_each_sees_what_is_meant_for_them(ada, cy, mo, now):
    with transaction():
        db.session.get_one(User, cy.id).teaching = False
    announce(mo, now, "All", is_public=True)
    announce(mo, now, "Teachers", audience=Audience.TEACHERS)
    hidden = announce(mo, now, "Staff", audience=Audience.STAFF)
    db.session.expunge_all()
    ada, cy, mo = (db.session.get_one(User, one.id) for one in (ada, cy, mo))
    assert seen(ada, now) == ["Teachers", "All"]
    assert seen(cy, now) == ["All"]
    assert seen(mo, now)[0] == "Staff"
    assert seen(None, now) == ["All"]
    with pytest.raises(NotFound), transaction():
        announcements.dismiss(ada, hidden.public_id, now)


def test_who_puts_it_away_sees_it_no_more_and_others_do(ada, ben, mo, now, queries):
    made = announce(mo, now)
    for _ in range(2):
        with transaction():
            announcements.dismiss(ada, made.public_id, now)
    queries.clear()
    assert seen(ada, now) == []
    assert seen(ben, now) == ["A quiet Sunday"]
    assert len(queries) == 2
    assert len(db.session.scalars(select(AnnouncementDismissal)).all()) == 1
    with pytest.raises(NotFound), transaction():
        announcements.dismiss(ada, "no-such-one", now)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"title": " "}, "title: required"),
        ({"title": "x" * 121}, "title: too_long"),
        ({"body": "x" * 2_001}, "body: too_long"),
        ({"body": "a\x00b"}, "body: control_characters"),
        ({"ends_at": None}, "ends: required"),
        ({"is_public": True, "audience": Audience.STAFF}, "announcement_public"),
    ],
    ids=["no title", "long title", "long", "unprintable", "no end", "public for staff"],
)
def test_what_cannot_be_announced(mo, now, facts, code):
    with pytest.raises(Refused, match=code):
        announce(mo, now, **facts)


@pytest.mark.parametrize(("starts", "ends"), [(2, 1), (0, 0), (-9, -1), (0, 400)])
def test_it_ends_after_it_begins_and_after_now(mo, now, starts, ends):
    with pytest.raises(Refused, match="announcement_"):
        announce(mo, now, starts_at=now + starts * DAY, ends_at=now + ends * DAY)


def change(mo, made, now, **facts):
    given = {
        "title": "Another",
        "body": "Later.",
        "audience": Audience.EVERYBODY,
        "is_public": False,
        "starts_at": None,
        "ends_at": now + 9 * DAY,
        "version": made.version,
    } | facts
    with transaction():
        return announcements.edit(mo, made.public_id, now=now, **given)


def test_it_is_changed_withdrawn_and_each_is_written_down(ada, mo, now):
    made = announce(mo, now)
    version = made.version
    change(mo, made, now)
    assert seen(ada, now) == ["Another"]
    with pytest.raises(WrongState):  # the page was older
        change(mo, made, now, version=version)
    with transaction():
        announcements.withdraw(mo, made.public_id, now)
    assert seen(ada, now) == []
    with pytest.raises(WrongState), transaction():
        announcements.withdraw(mo, made.public_id, now)
    with pytest.raises(WrongState):
        change(mo, made, now)
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == [f"announcement.{verb}" for verb in ("published", "edited", "withdrawn")]


def test_at_most_three_stand_on_home_and_the_list_turns_pages(ada, mo, now):
    for number in range(22):
        announce(mo, now, f"Number {number}")
    assert seen(ada, now) == ["Number 21", "Number 20", "Number 19"]
    first = announcements.everything(None)
    assert len(first) == 20
    assert len(announcements.everything(first.after)) == 2
