"""Is there always a link, the same for both, whatever becomes of Zoom and Google?

The adapters talk to real servers on loopback; a round of the worker is `calling.call`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from skillswap import calling
from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions, meetings, safety
from skillswap.domain.meetings import Kept
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.meeting import Made
from skillswap.lib.service import Patience
from skillswap.models import (
    Event,
    LearningSession,
    Meeting,
    MeetingState,
    Notification,
    PlaceKind,
    User,
)
from tests import people
from tests.support.google import google
from tests.support.video import Reply
from tests.support.zoom import zoom

K, S = PlaceKind, MeetingState
JITSI = "https://meet.jit.si"
SOON = Patience(connect=0.3, read=0.2, whole=0.4)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STOP = threading.Event()


@pytest.fixture
def services(app) -> Iterator[dict[PlaceKind, Any]]:
    """Zoom and Google, as this place would have them configured."""
    with zoom() as zooms, google() as googles:
        found = {K.ZOOM: zooms, K.MEET: googles}
        app.extensions["meeting_providers"] = {
            kind: service.provider(SOON) for kind, service in found.items()
        }
        db.engine.update_execution_options(providers={"zoom", "meet"})
        yield found
        db.engine.update_execution_options(providers=frozenset())
        del app.extensions["meeting_providers"]


@pytest.fixture(params=[K.ZOOM, K.MEET], ids=["zoom", "meet"])
def kind(request: pytest.FixtureRequest) -> PlaceKind:
    """Each of the two."""
    return request.param


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, offered="spanish", now=now)


@pytest.fixture
def start(now) -> datetime:
    return people.next_quarter(now + 2 * DAY)


def agree(proposer: User, exchange: Any, start: datetime, now: datetime, **more: Any) -> str:
    """A scheduled session; returns its key."""
    legs = exchanges.exchange_of(proposer, exchange.public_id).legs
    with transaction():
        proposed = learning_sessions.propose_times(
            proposer,
            exchange.public_id,
            leg_id=legs[0].id,
            starts=[start],
            minutes=60,
            now=now,
            **more,
        )
        partner = exchange.partner_of(proposer)
        learning_sessions.accept_times(partner, proposed.public_id, start=start, now=now)
        return str(proposed.public_id)


def work(app: Any, at: datetime) -> int:
    """One round of a worker."""
    return calling.call(app, "worker", STOP, clock=lambda: at)


def rows() -> list[Meeting]:
    db.session.rollback()
    query = select(Meeting).order_by(Meeting.learning_session_id, Meeting.provider)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def row() -> Meeting:
    [found] = rows()
    return found


def join(person: User, key: str, at: datetime) -> learning_sessions.Call:
    with transaction():
        return learning_sessions.join_session(person, key, jitsi_url=JITSI, now=at)


def would_join(person: User, key: str, at: datetime) -> str:
    """Where joining would lead at that moment, without doing so."""
    db.session.rollback()
    call = learning_sessions.join_session(person, key, jitsi_url=JITSI, now=at)
    db.session.rollback()
    return call.url


def room_of(exchange: Any) -> str:
    return f"{JITSI}/SkillSwap-{exchange.room}"


def told(kind: str = "session.place_fell_back") -> list[int]:
    query = select(Notification.user_id).join(Event, Event.id == Notification.event_id)
    return sorted(db.session.scalars(query.where(Event.kind == kind)))


def change(person: User, key: str, kind: PlaceKind, now: datetime, body: str = "") -> None:
    with transaction():
        learning_sessions.change_place(person, key, kind=kind, body=body, now=now)


# -- what should be there, is there ---------------------------------------------------------------


def test_an_agreed_session_gets_its_meeting(app, services, kind, ada, ben, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=kind)
    assert row().state is S.WANTED
    assert work(app, now) == 1
    assert (row().state, row().owner, row().claimed_until) == (S.READY, "worker", None)
    assert services[kind].meetings == [(f"{start:%Y-%m-%dT%H:%M:%SZ}", 60)]
    assert join(ada, key, start) == join(ben, key, start)
    call = join(ada, key, start)
    assert call.url == row().join_url != ""
    assert call.spare_url == room_of(exchange)
    assert work(app, now + DAY) == 0
    assert told() == []


def test_an_offer_has_none_before_it_is_accepted(app, services, ada, exchange, start, now):
    legs = exchanges.exchange_of(ada, exchange.public_id).legs
    with transaction():
        learning_sessions.propose_times(
            ada,
            exchange.public_id,
            leg_id=legs[0].id,
            starts=[start],
            minutes=60,
            place_kind=K.ZOOM,
            now=now,
        )
    assert rows() == []


def test_every_week_of_a_repeat_gets_its_own(app, services, kind, ada, exchange, start, now):
    agree(ada, exchange, start, now, place_kind=kind, weeks=2)
    while work(app, now):
        pass
    assert [one.state for one in rows()] == [S.READY] * 3
    assert len({one.join_url for one in rows()}) == 3
    assert len(services[kind].meetings) == 3


def test_a_move_is_made_there_too(app, services, kind, ada, ben, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=kind)
    work(app, now)
    url = row().join_url
    later = start + 3 * HOUR
    with transaction():
        learning_sessions.propose_move(ben, key, starts=[later], minutes=30, now=now)
    with transaction():
        learning_sessions.accept_times(ada, key, start=later, now=now)
    assert row().state is S.WANTED
    assert would_join(ada, key, later) == url  # the link stays good meanwhile
    work(app, now)
    assert len(services[kind].calls("PATCH")) == 1
    assert services[kind].meetings == [(f"{later:%Y-%m-%dT%H:%M:%SZ}", 30)]
    assert row().state is S.READY


def test_what_is_called_off_is_deleted_there(app, services, kind, ada, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=kind)
    work(app, now)
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="I am ill, sorry.", now=now)
    work(app, now)
    assert services[kind].meetings == []
    assert (row().state, row().join_url, row().external_id) == (S.GONE, "", "")
    assert work(app, now + DAY) == 0


def test_when_two_part_all_that_lies_ahead_is_deleted(
    app, services, kind, ada, ben, exchange, start, now
):
    agree(ada, exchange, start, now, place_kind=kind, weeks=1)
    while work(app, now):
        pass
    with transaction():
        safety.block(ben, ada.username, now=now)
    while work(app, now):
        pass
    assert [one.state for one in rows()] == [S.GONE] * 2
    assert services[kind].meetings == []


def test_nothing_is_asked_for_what_was_never_made(app, services, ada, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=K.ZOOM)
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="I am ill, sorry.", now=now)
    assert row().state is S.GONE
    assert work(app, now) == 0
    assert services[K.ZOOM].asked == []


# -- another place --------------------------------------------------------------------------------


def test_another_place_is_told_and_the_meeting_deleted(
    app, services, kind, ada, ben, exchange, start, now
):
    key = agree(ada, exchange, start, now, place_kind=kind)
    work(app, now)
    sequence = learning_sessions.session_of(ada, key).sequence
    db.session.rollback()
    change(ben, key, K.LINK, now, "https://whereby.com/ben")
    assert told("session.place_changed") == [ada.id]
    found = learning_sessions.session_of(ada, key)
    assert (found.sequence, found.place_kind) == (sequence + 1, K.LINK)
    work(app, now)
    assert services[kind].meetings == []
    assert row().state is S.GONE
    for person in (ada, ben):
        assert would_join(person, key, start) == "https://whereby.com/ben"


def test_the_same_place_again_changes_nothing(app, services, ada, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=K.ZOOM)
    change(ada, key, K.ZOOM, now)
    assert told("session.place_changed") == []
    assert learning_sessions.session_of(ada, key).sequence == 0


def test_from_one_service_to_the_other_and_back(app, services, ada, ben, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=K.ZOOM)
    work(app, now)
    change(ada, key, K.MEET, now)
    while work(app, now):
        pass
    assert (services[K.ZOOM].meetings, len(services[K.MEET].meetings)) == ([], 1)
    assert would_join(ben, key, start).startswith("https://meet.google.com/")
    change(ben, key, K.ZOOM, now)
    while work(app, now):
        pass
    assert (len(services[K.ZOOM].meetings), services[K.MEET].meetings) == (1, [])
    assert would_join(ada, key, start).startswith("https://us05web.zoom.us/")


def test_in_person_there_is_no_call(app, ada, ben, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=K.IN_PERSON, place_body="The library")
    call = join(ben, key, start)
    assert (call.url, call.place_body, call.spare_url) == ("", "The library", room_of(exchange))


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (K.ZOOM, "", "place_kind"),  # not configured
        (K.LINK, "https://evil.example/zoom.us", "place_body"),
        (K.IN_PERSON, "", "place_body"),
    ],
)
def test_a_place_that_will_not_do_is_refused(app, ada, exchange, start, now, kind, body, field):
    with pytest.raises(Refused) as caught:
        agree(ada, exchange, start, now, place_kind=kind, place_body=body)
    assert caught.value.field == field
    db.session.rollback()
    key = agree(ada, exchange, start, now)
    with pytest.raises(Refused) as caught:
        change(ada, key, kind, now, body)
    assert caught.value.field == field


def test_the_place_is_settled_at_the_start_and_nobody_elses(app, ada, cy, exchange, start, now):
    key = agree(ada, exchange, start, now)
    with pytest.raises(NotFound):
        change(cy, key, K.IN_PERSON, now, "The library")
    with pytest.raises(WrongState, match="begun"):
        change(ada, key, K.IN_PERSON, start, "The library")
    change(ada, key, K.IN_PERSON, start - timedelta(minutes=1), "The library")
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="I am ill, sorry.", now=now)
    with pytest.raises(WrongState, match="cancelled"):
        change(ada, key, K.JITSI, now)


# -- no session is ever without a link ------------------------------------------------------------

NO = Reply(400, {"code": 300})
MOODS: dict[str, Any] = {
    "hang": "hang",
    "drip": "drip",
    "garbage": "garbage",
    "huge": "huge",
    "redirect": "redirect",
    "unauthorised": Reply(401, {}),
    "too many": Reply(429, {}, Retry_After="900"),
    "too many for long": Reply(429, {}, Retry_After="999999"),
    "broken": Reply(500, {}),
    "no": NO,
}


@pytest.mark.parametrize("mood", MOODS)
def test_however_the_service_fails_both_have_the_same_link_at_every_moment(
    app, services, kind, ada, ben, exchange, start, now, mood
):
    key = agree(ada, exchange, start, now, place_kind=kind)
    services[kind].mood = MOODS[mood]
    at, rounds = now, 0
    while (due := row()).state is S.WANTED:
        for person in (ada, ben):  # as if the moment were the start
            assert would_join(person, key, start) == room_of(exchange)
        at = max(at, due.due_at)
        assert at <= start - timedelta(minutes=30)
        assert work(app, at) == 1
        rounds += 1
    assert 1 <= rounds <= 5
    assert row().state is S.FAILED
    assert told() == sorted([ada.id, ben.id])  # once
    for person in (ada, ben):
        call = join(person, key, start)
        assert (call.url, call.trouble) == (room_of(exchange), "fell_back")
    assert work(app, start) == 0
    assert "secret" not in row().error
    assert "token-" not in row().error


def test_near_the_start_there_is_one_try(app, services, kind, ada, exchange, start, now):
    key = agree(ada, exchange, start, now)
    services[kind].mood = Reply(503, {})
    at = start - timedelta(minutes=20)
    change(ada, key, kind, at)
    assert join(ada, key, start - timedelta(minutes=15)).trouble == "preparing"
    work(app, at)
    assert row().state is S.FAILED
    assert join(ada, key, start).trouble == "fell_back"


def test_a_service_that_asks_for_time_is_given_it(app, services, kind, ada, exchange, start, now):
    agree(ada, exchange, start, now, place_kind=kind)
    services[kind].moods = [Reply(429, {}, Retry_After="1800")]
    work(app, now)
    assert row().due_at >= now + timedelta(seconds=1_800)
    assert work(app, now + timedelta(seconds=1_799)) == 0
    assert work(app, row().due_at) == 1
    assert row().state is S.READY
    assert told() == []


def test_a_service_that_is_away_is_asked_once_in_a_round(
    app, services, kind, ada, exchange, start, now
):
    agree(ada, exchange, start, now, place_kind=kind, weeks=3)
    services[kind].mood = Reply(503, {})
    assert work(app, now) == 4
    assert len(services[kind].calls("POST")) == 1
    assert sorted(one.attempts for one in rows()) == [0, 0, 0, 1]


def test_a_service_taken_out_of_the_settings_falls_back(
    app, services, kind, ada, ben, exchange, start, now
):
    key = agree(ada, exchange, start, now, place_kind=kind)
    app.extensions["meeting_providers"].clear()
    work(app, now)
    assert row().state is S.FAILED
    assert told() == sorted([ada.id, ben.id])
    assert would_join(ben, key, start) == room_of(exchange)


def test_a_change_that_fails_leaves_the_link_good(
    app, services, kind, ada, ben, exchange, start, now
):
    key = agree(ada, exchange, start, now, place_kind=kind)
    work(app, now)
    url, later = row().join_url, start + 3 * HOUR
    with transaction():
        learning_sessions.propose_move(ben, key, starts=[later], minutes=60, now=now)
    with transaction():
        learning_sessions.accept_times(ada, key, start=later, now=now)
    services[kind].mood = NO
    work(app, now)
    assert (row().state, bool(row().error)) == (S.READY, True)
    assert told() == []
    for person in (ada, ben):
        assert would_join(person, key, later) == url


def test_a_deletion_that_fails_is_given_up_quietly(app, services, kind, ada, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=kind)
    work(app, now)
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="I am ill, sorry.", now=now)
    services[kind].mood = Reply(500, {})
    rounds = 0
    while row().state is S.UNWANTED:
        rounds += work(app, row().due_at)
    assert (rounds, row().state, told()) == (5, S.FAILED, [])
    assert meetings.failed_count() == 1


def test_what_is_over_is_not_asked_for(app, services, kind, ada, exchange, start, now):
    agree(ada, exchange, start, now, place_kind=kind)
    work(app, start + HOUR)  # no worker ran before
    assert (row().state, told(), services[kind].asked) == (S.FAILED, [], [])


# -- while it is being made -----------------------------------------------------------------------


def claim(now: datetime, owner: str = "one") -> meetings.Claim:
    with transaction():
        [found] = meetings.claim_due(owner, now, 10)
    return found


def mark(verb: Any, *args: Any) -> Kept:
    with transaction():
        return verb(*args)


def test_two_workers_never_hold_the_same_one(app, services, ada, exchange, start, now):
    agree(ada, exchange, start, now, place_kind=K.ZOOM)
    held = claim(now)
    with transaction():
        assert meetings.claim_due("two", now, 10) == []
        assert meetings.claim_due("two", held.until - timedelta(seconds=1), 10) == []
        assert len(meetings.claim_due("two", held.until, 10)) == 1


def test_killed_between_the_call_and_the_mark_one_meeting_comes_of_it(
    app, services, kind, ada, ben, exchange, start, now
):
    key = agree(ada, exchange, start, now, place_kind=kind)
    held = claim(now)
    services[kind].provider(SOON).create(held.wanted)  # and no mark: the worker is dead
    assert would_join(ada, key, start) == room_of(exchange)
    assert work(app, held.until) == 1
    assert len(services[kind].meetings) == 1
    assert would_join(ada, key, start) == would_join(ben, key, start) == row().join_url


def test_killed_and_called_off_nothing_stays_there(app, services, kind, ada, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=kind)
    held = claim(now)
    services[kind].provider(SOON).create(held.wanted)
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="I am ill, sorry.", now=now)
    assert row().state is S.UNWANTED
    work(app, held.until)
    assert (row().state, services[kind].meetings) == (S.GONE, [])


def test_moved_while_it_is_made_it_is_moved_there_too(
    app, services, kind, ada, ben, exchange, start, now
):
    key = agree(ada, exchange, start, now, place_kind=kind)
    held = claim(now)
    later = start + 3 * HOUR
    with transaction():
        learning_sessions.propose_move(ben, key, starts=[later], minutes=60, now=now)
    with transaction():
        learning_sessions.accept_times(ada, key, start=later, now=now)
    made = services[kind].provider(SOON).create(held.wanted)
    assert mark(learning_sessions.meeting_made, held, made, now) is Kept.CHANGED
    assert (row().state, row().external_id) == (S.WANTED, made.external_id)
    assert would_join(ada, key, later) == made.join_url
    work(app, now)
    assert services[kind].meetings == [(f"{later:%Y-%m-%dT%H:%M:%SZ}", 60)]
    assert row().state is S.READY


def test_called_off_while_it_is_made_it_is_deleted(app, services, kind, ada, exchange, start, now):
    key = agree(ada, exchange, start, now, place_kind=kind)
    held = claim(now)
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="I am ill, sorry.", now=now)
    made = services[kind].provider(SOON).create(held.wanted)
    assert mark(learning_sessions.meeting_made, held, made, now) is Kept.CHANGED
    work(app, now)
    assert (row().state, services[kind].meetings) == (S.GONE, [])


def test_ready_after_somebody_came_is_too_late_for_both(
    app, services, kind, ada, ben, exchange, start, now
):
    key = agree(ada, exchange, start, now)
    opens = start - timedelta(minutes=15)
    change(ben, key, kind, opens)
    held = claim(opens)
    first = join(ada, key, opens)
    assert (first.url, first.trouble) == (room_of(exchange), "preparing")
    made = services[kind].provider(SOON).create(held.wanted)
    assert mark(learning_sessions.meeting_made, held, made, opens) is Kept.GIVEN_UP
    assert told() == sorted([ada.id, ben.id])
    assert join(ben, key, start).url == join(ada, key, start).url == room_of(exchange)
    work(app, start)
    assert (row().state, services[kind].meetings) == (S.GONE, [])
    assert join(ben, key, start).url == room_of(exchange)
    assert told() == sorted([ada.id, ben.id])  # once


def test_who_comes_after_it_is_ready_meets_there(app, services, kind, ada, ben, exchange, start):
    now = start - DAY
    key = agree(ada, exchange, start, now)
    opens = start - timedelta(minutes=15)
    change(ben, key, kind, opens)
    work(app, opens)
    assert join(ada, key, opens).url == join(ben, key, start).url == row().join_url


def test_news_after_the_lease_change_nothing(app, services, ada, exchange, start, now):
    agree(ada, exchange, start, now, place_kind=K.ZOOM)
    held = claim(now)
    again = claim(held.until, "two")
    made = Made("1", "https://zoom.us/j/1")
    for verb, *args in (
        (learning_sessions.meeting_made, held, made, now),
        (learning_sessions.meeting_failed, held, "no", now),
        (meetings.mark_gone, held),
        (meetings.release, held, now),
    ):
        assert mark(verb, *args) is Kept.LOST
    assert mark(learning_sessions.meeting_made, again, made, now) is Kept.DONE


def test_a_meeting_that_ends_its_worker_each_time_is_given_up(
    app, services, ada, exchange, start, now
):
    agree(ada, exchange, start, now, place_kind=K.ZOOM)
    at = now
    for _ in range(calling.MOST_CLAIMS):
        at = claim(at).until
    work(app, at)
    assert (row().state, services[K.ZOOM].asked) == (S.FAILED, [])


def test_stopping_gives_back_what_was_not_begun(app, services, ada, exchange, start, now):
    agree(ada, exchange, start, now, place_kind=K.ZOOM)
    stop = threading.Event()
    stop.set()
    calling.call(app, "one", stop, clock=lambda: now)
    assert (row().attempts, row().claimed_until, services[K.ZOOM].asked) == (0, None, [])


def test_a_session_without_a_service_costs_one_look(app, ada, exchange, start, now, queries):
    key = agree(ada, exchange, start, now)
    found = learning_sessions.session_of(ada, key)
    event = db.session.scalars(
        select(Event).where(Event.kind == "session.scheduled", Event.subject_id == found.id)
    ).one()
    queries.clear()
    meetings.keep(event)
    assert len(queries) == 1
    assert db.session.scalars(select(LearningSession.place_kind)).all() == [K.JITSI]
