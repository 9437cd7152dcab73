"""Is each person told what concerns them, in words of their own clock, and only once?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from skillswap.db import db, transaction
from skillswap.domain import events, exchanges, learning_sessions, notifications, pitches
from skillswap.domain.notifications import Line, by_day
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DeclineReason,
    Event,
    Notification,
    OutcomeAnswer,
    User,
    UserState,
)
from tests import people

DAY = timedelta(days=1)


def lines(person: User, *, unread_only: bool = False) -> list[str]:
    """What a person reads: who, and what they did."""
    told = notifications.page_of(person, None, utcnow() + 60 * DAY, unread_only=unread_only)
    return [f"{line.actor.name} {line.text}" if line.actor else line.text for line in told]


def unread(person: User) -> int:
    return db.session.scalar(notifications.unread_count(person.id, utcnow() + 60 * DAY)) or 0


def line_at(at: datetime) -> Line:
    return Line(1, None, "", "clock", "pitches", "", at, unread=True)


def test_a_pitch_is_told_with_its_return_and_its_deadline_on_the_reader_s_clock(app, ben):
    eve = people.make_person("eve", offers=("Piano",), timezone="Pacific/Auckland")
    sent_at = datetime(2026, 3, 26, 12, 30, tzinfo=UTC)  # the 27th in Auckland
    people.make_pitch(ben, eve, "piano", offered="spanish", now=sent_at)
    assert lines(eve) == ["Ben Example pitched you: Piano, offering Spanish. Answer by 10 April"]
    people.make_pitch(ben, people.ada(), "piano", now=sent_at)
    assert lines(db.session.scalar(select(User).where(User.username == "ada"))) == [
        "Ben Example pitched you: Piano. Answer by 9 April"
    ]


def test_every_answer_is_told_to_the_other_side_alone(ada, ben, now):
    accepted, declined, withdrawn = (
        people.make_pitch(ben, ada, "watercolour", now=now - DAY),
        people.make_pitch(ben, ada, "piano", now=now - DAY),
        people.make_pitch(ada, ben, "spanish", now=now - DAY),
    )
    with transaction():
        pitches.accept_pitch(ada, accepted.public_id, now=now)
    with transaction():
        pitches.decline_pitch(
            ada, declined.public_id, reason=DeclineReason.PREFER_NOT_TO_SAY, now=now
        )
    with transaction():
        pitches.withdraw_pitch(ada, withdrawn.public_id, now=now)
    assert lines(ben)[:3] == [
        "Ada Example withdrew the pitch for Spanish",
        "Ada Example declined your pitch for Piano",
        "Ada Example accepted your pitch for Watercolour. Propose times next",
    ]
    assert len(lines(ada)) == 2  # the two pitches received; nothing of her own doing


def test_an_expiry_is_told_to_both_and_names_nobody(ada, ben, now):
    first = people.make_pitch(ben, ada, now=now)
    people.make_pitch(ben, ada, now=first.respond_by)
    told = "The pitch for Watercolour expired without an answer"
    assert told in lines(ada)
    assert told in lines(ben)


def test_the_whole_way_to_a_kept_session_reads_well(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now)
    start = people.next_quarter(now + 2 * DAY)
    kept = people.make_session(ben, exchange, start=start, now=now)
    over = kept.ends_at + timedelta(minutes=1)
    for person in (ada, ben):
        with transaction():
            learning_sessions.give_outcome(
                person, kept.public_id, answer=OutcomeAnswer.HAPPENED, now=over
            )
    when = notifications.local(start, ben.timezone).full
    until = notifications.local(over + timedelta(hours=72), ben.timezone).short_day
    assert lines(ben)[0] == "You earned a badge: First lesson"
    assert lines(ben)[1].startswith(f"How was Watercolour on {when}? Rate it by ")
    assert lines(ben)[2:5] == [
        f"Ada Example says Watercolour on {when} happened. Answer by {until}",
        f"Ada Example picked {when} for Watercolour",
        "Ada Example accepted your pitch for Watercolour. Propose times next",
    ]
    there = notifications.local(start, ada.timezone).full
    assert lines(ada)[2:4] == [
        f"Ben Example agrees: Watercolour on {there} is completed",
        "Ben Example proposed times for Watercolour. Pick one",
    ]


def test_a_line_links_to_the_thing_it_is_about(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now)
    [line] = notifications.page_of(ada, None, utcnow())
    assert (line.subject_type, line.public_id) == ("pitches", pitch.public_id)
    exchange = people.make_exchange(ada, ben, "spanish", now=now)
    proposed = people.make_proposal(ada, exchange, now=now)
    newest = notifications.page_of(ben, None, utcnow()).rows[0]
    assert (newest.subject_type, newest.public_id) == ("learning_sessions", proposed.public_id)


def test_nobody_is_told_what_they_did_themselves(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now)
    with transaction():
        events.record(
            "pitch.withdrawn", actor=ben, subject=pitch, to=[ada, ben], now=now, skill="Piano"
        )
    assert lines(ben) == []
    assert "Ben Example withdrew the pitch for Piano" in lines(ada)


def test_one_event_is_told_to_one_person_once(ada, ben, now):
    people.make_pitch(ben, ada, now=now)
    with pytest.raises(IntegrityError), transaction():
        notifications.notify(db.session.scalars(select(Event)).one())


def test_an_unknown_kind_of_event_fails_at_once(ada, now):
    with pytest.raises(KeyError), transaction():
        events.record("pitch.eaten", actor=ada, subject=ada, to=[], now=now)


def test_the_count_is_of_the_rows_that_are_listed(ada, ben, cy, now):
    people.make_pitch(ben, ada, now=now)
    people.make_pitch(cy, ada, now=now)
    assert unread(ada) == len(lines(ada, unread_only=True)) == 2
    with transaction():
        db.session.execute(update(User).where(User.id == cy.id).values(state=UserState.SUSPENDED))
    assert unread(ada) == len(lines(ada, unread_only=True)) == 1
    with transaction():
        assert notifications.read_all(ada, now) == 2
    assert unread(ada) == len(lines(ada, unread_only=True)) == 0
    assert len(lines(ada)) == 1


def test_reading_a_page_marks_what_is_about_it_and_mine(ada, ben, cy, now):
    seen, other = people.make_pitch(ben, ada, now=now), people.make_pitch(cy, ada, now=now)
    with transaction():
        assert notifications.read_about(cy, "pitches", seen.public_id, now) == 0
    with transaction():
        assert notifications.read_about(ada, "exchanges", seen.public_id, now) == 0
    with transaction():
        assert notifications.read_about(ada, "pitches", seen.public_id, now) == 1
    with transaction():
        assert notifications.read_about(ada, "pitches", seen.public_id, now + DAY) == 0
    read = select(Notification.read_at).where(Notification.subject_id == seen.id)
    assert db.session.scalar(read) == now
    found = notifications.page_of(ada, None, utcnow())
    assert [line.public_id for line in found if line.unread] == [other.public_id]


def test_the_list_goes_on_where_the_page_ended(ada, now):
    learners = [people.make_person(f"l{n}", offers=("Chess",)) for n in range(23)]
    with transaction():
        db.session.execute(update(User).values(pitch_cap=99))
    db.session.refresh(ada)
    for learner in learners:
        people.make_pitch(learner, ada, now=now)
    first = notifications.page_of(ada, None, utcnow())
    rest = notifications.page_of(ada, first.after, utcnow())
    assert [line.actor.username for line in [*first, *rest]] == [
        learner.username for learner in learners[::-1]
    ]
    assert (len(first), len(rest), rest.after) == (20, 3, None)


def test_the_bell_counts_to_one_more_than_it_shows(ada, ben, now):
    people.make_pitch(ben, ada, now=now)
    event = db.session.scalars(select(Event)).one()
    copied = {"kind": event.kind, "actor_id": ben.id, "subject_type": "pitches", "facts": {}}
    with transaction():
        for _number in range(120):
            more = Event(**copied, subject_id=1, audience=[ada.id], happened_at=now)
            db.session.add(more)
            db.session.flush()
            notifications.notify(more)
    assert db.session.scalar(select(func.count(Notification.id))) == 121
    assert unread(ada) == notifications.UNREAD_SHOWN + 1


def test_days_are_those_of_the_reader_s_clock():
    now = datetime(2026, 3, 26, 9, 0, tzinfo=UTC)
    hours = (0, 2, 10, 20, 60, 24 * 100)
    found = by_day([line_at(now - timedelta(hours=h)) for h in hours], "America/New_York", now)
    assert [(title, len(told)) for title, told in found] == [
        ("Today", 2),  # 05:00 and 03:00
        ("Yesterday", 2),  # 19:00 and 09:00 on that clock
        ("Monday 23 March", 1),
        ("Tuesday 16 December 2025", 1),
    ]


def test_an_exchange_s_end_is_told(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now)
    with transaction():
        exchanges.cancel_exchange(ada, exchange.public_id, reason="I am moving house.", now=now)
    assert lines(ben)[0] == "Ada Example cancelled your exchange about Watercolour"


# -- what is one line -----------------------------------------------------------------------------


def again(notification: Notification, now: datetime, actor: User | None = None) -> None:
    """The same fact once more, by the same person or another, told to the same reader."""
    first = db.session.get(Event, notification.event_id)
    event = Event(
        kind=first.kind,
        actor_id=actor.id if actor else first.actor_id,
        subject_type=first.subject_type,
        subject_id=first.subject_id,
        audience=first.audience,
        facts=first.facts,
        happened_at=now,
    )
    with transaction():
        db.session.add(event)
        db.session.flush()
        notifications.notify(event)


def test_several_people_pitching_stay_separate(ada, ben, cy, now):
    people.make_pitch(ben, ada, now=now)
    people.make_pitch(cy, ada, now=now)
    found = notifications.page_of(ada, None, now)
    assert [(line.actor.name, line.others) for line in found] == [
        ("Cy Example", 0),
        ("Ben Example", 0),
    ]


def test_the_same_thing_again_is_one_line_the_newest(ada, ben, now):
    now = now.replace(hour=12)
    people.make_pitch(ben, ada, now=now)
    told = db.session.scalars(select(Notification)).one()
    with transaction():
        notifications.read_all(ada, now)
    again(told, now + timedelta(minutes=5))
    (line,) = notifications.page_of(ada, None, now + timedelta(hours=1))
    assert (line.at, line.others, line.unread) == (now + timedelta(minutes=5), 0, True)


def test_other_people_doing_the_same_are_counted(ada, ben, cy, mo, now):
    now = now.replace(hour=12)
    exchange = people.make_exchange(ben, ada, now=now - timedelta(days=1))
    with transaction():
        exchanges.cancel_exchange(ben, exchange.public_id, reason="I am moving house.", now=now)
    told = db.session.scalars(
        select(Notification).join(Event).where(Event.kind == "exchange.cancelled")
    ).one()
    for minutes, actor in ((1, cy), (2, mo), (3, cy)):
        again(told, now + timedelta(minutes=minutes), actor)
    line = notifications.page_of(ada, None, now + timedelta(hours=1)).rows[0]
    assert (line.actor.name, line.others) == ("Cy Example", 2)


def test_another_day_or_another_kind_is_another_line(ada, ben, now):
    now = now.replace(hour=12)
    pitch = people.make_pitch(ben, ada, now=now)
    told = db.session.scalars(select(Notification)).one()
    again(told, now + timedelta(days=1))
    with transaction():
        pitches.withdraw_pitch(ben, pitch.public_id, now=now + timedelta(days=1))
    assert len(notifications.page_of(ada, None, now + timedelta(days=2)).rows) == 3
