"""Which calendar files are mailed to whom, and do they leave exactly one entry in a calendar?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import icalendar
import pytest
import vobject
from flask import Flask
from sqlalchemy import select, update

from skillswap import worker
from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import (
    calendars,
    deliveries,
    exchanges,
    learning_sessions,
    notifications,
    preferences,
    safety,
)
from skillswap.domain.preferences import Topic
from skillswap.lib.clock import local
from skillswap.models import (
    Channel,
    Delivery,
    DeliveryResult,
    Exchange,
    LearningSession,
    PlaceKind,
    Skill,
    User,
)
from tests import people
from tests.support.ics import Diary, Part, checked
from tests.support.smtp import PostOffice, post_office

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
HOME = "https://skillswap.example"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server on loopback."""
    with post_office() as made:
        yield made


@pytest.fixture
def sending(app: Flask, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app with that server in its settings."""
    settings: Settings = app.config["SETTINGS"]
    named = replace(settings, smtp=office.server, public_url=HOME)
    monkeypatch.setitem(app.config, "SETTINGS", named)
    return app


@pytest.fixture
def exchange(ada: User, ben: User, now: datetime) -> Exchange:
    """Ben learns watercolour from Ada, and what was mailed about that is forgotten."""
    made = people.make_exchange(ben, ada, now=now)
    with transaction():
        db.session.execute(update(Delivery).values(done_at=now, result=DeliveryResult.DROPPED))
    return made


def schedule(exchange: Exchange, ben: User, now: datetime) -> LearningSession:
    """Ben proposes, Ada picks; only what the agreement mails is left to be sent."""
    start = people.next_quarter(now + 2 * DAY)
    proposed = people.make_proposal(ben, exchange, starts=[start], now=now)
    with transaction():
        db.session.execute(
            update(Delivery)
            .where(Delivery.kind == "session.proposed")
            .values(done_at=now, result=DeliveryResult.DROPPED)
        )
    ada = exchange.partner_of(ben)
    with transaction():
        return learning_sessions.accept_times(ada, proposed.public_id, start=start, now=now)


def move(one: LearningSession, person: User, partner: User, now: datetime) -> None:
    to = one.starts_at + DAY
    with transaction():
        learning_sessions.propose_move(person, one.public_id, starts=[to], minutes=60, now=now)
    with transaction():
        learning_sessions.accept_times(partner, one.public_id, start=to, now=now)


def cancel(one: LearningSession, person: User, now: datetime) -> None:
    with transaction():
        learning_sessions.cancel_session(person, one.public_id, reason="I am ill.", now=now)


def deliver(app: Flask, office: PostOffice, now: datetime) -> dict[str, list[EmailMessage]]:
    """Send what is due by then; what came to each address since the last time."""
    before = len(office.mails)
    while worker.deliver(app, "one", threading.Event(), clock=lambda: now):
        pass
    db.session.expire_all()
    found: dict[str, list[EmailMessage]] = {}
    for to, mail in office.mails[before:]:
        found.setdefault(to.partition("@")[0], []).append(mail)
    return found


def files(mail: EmailMessage) -> tuple[bytes, bytes]:
    """The file as one reading of the mail, and as its attachment."""
    mixed, alternatives = mail.get_content_type(), mail.get_payload()[0]
    assert mixed == "multipart/mixed"
    assert alternatives.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternatives.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    reading = list(alternatives.iter_parts())[-1]
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content_type() == "application/ics"
    assert reading.get_param("charset") == "utf-8"
    raw = attached.get_payload(decode=True)
    assert reading.get_param("method") == checked(raw).value("METHOD")
    return reading.get_payload(decode=True), raw


def calendar_of(mail: EmailMessage) -> bytes:
    """The file of a mail that is the same twice and pleases two other readers."""
    reading, attached = files(mail)
    assert reading == attached
    assert vobject.readOne(attached.decode()).validate(raiseException=True)
    assert icalendar.Calendar.from_ical(attached).errors == []
    return attached


def event_in(raw: bytes) -> Part:
    (event,) = checked(raw).named("VEVENT")
    return event


# -- what is mailed -------------------------------------------------------------------------------


def test_both_get_a_mail_with_the_file_when_a_time_is_agreed(
    sending, office, exchange, ada, ben, now
):
    one = schedule(exchange, ben, now)
    mails = deliver(sending, office, now + MINUTE)
    assert {name: len(found) for name, found in mails.items()} == {"ada": 1, "ben": 1}
    told, did = mails["ben"][0], mails["ada"][0]
    assert told["Subject"] == "Ada Example picked a time"
    when = local(one.starts_at, ada.timezone).full
    assert did["Subject"] == f"In your calendar: Watercolour with Ben, {when}"
    for person, mail in ((ada, did), (ben, told)):
        raw = calendar_of(mail)
        assert checked(raw).value("METHOD") == "REQUEST"
        event = event_in(raw)
        assert event.value("UID") == f"{one.public_id}@skillswap.example"
        assert event.value("SEQUENCE") == "0"
        ((params, address),) = event.all("ATTENDEE")
        assert address == f"mailto:{person.email}"
        assert (params["PARTSTAT"], params["RSVP"]) == ("ACCEPTED", "FALSE")
        ((params, wall),) = event.all("DTSTART")
        assert params == {"TZID": person.timezone}
        assert wall == f"{local(one.starts_at, person.timezone).wall:%Y%m%dT%H%M%S}"
        assert "The calendar file is attached." in mail.get_body(("plain",)).get_content()
        assert mail["List-Unsubscribe"]


def test_the_one_who_acted_gets_no_line_in_the_bell(sending, exchange, ada, ben, now):
    schedule(exchange, ben, now)
    lines = notifications.lines(ada, now=now + HOUR, limit=20)
    assert [line.kind for line in lines if line.kind.startswith("session.sch")] == []


def test_create_move_cancel_leave_one_entry_and_then_none(sending, office, exchange, ada, ben, now):
    one = schedule(exchange, ben, now)
    diaries = {"ada": Diary(), "ben": Diary()}

    def take(at: datetime) -> None:
        for name, mails in deliver(sending, office, at).items():
            for mail in mails:
                if list(mail.iter_attachments()):
                    diaries[name].take(calendar_of(mail))

    take(now + MINUTE)
    assert [len(diary.shown) for diary in diaries.values()] == [1, 1]
    before = diaries["ada"].shown[0].value("DTSTART")
    move(one, ada, ben, now + HOUR)
    take(now + 2 * HOUR)
    assert [len(diary.shown) for diary in diaries.values()] == [1, 1]
    after = diaries["ada"].shown[0]
    assert after.value("DTSTART") != before
    assert after.value("SEQUENCE") == "1"
    cancel(one, ben, now + 3 * HOUR)
    take(now + 4 * HOUR)
    assert [len(diary.shown) for diary in diaries.values()] == [0, 0]
    assert [len(diary.known) for diary in diaries.values()] == [1, 1]


def test_mails_that_arrive_in_any_order_come_to_the_same(sending, office, exchange, ada, ben, now):
    one = schedule(exchange, ben, now)
    raws = []
    for number, change in enumerate(
        (lambda at: None, lambda at: move(one, ada, ben, at), lambda at: cancel(one, ben, at))
    ):
        change(now + (number * 2) * HOUR)
        mails = deliver(sending, office, now + (number * 2 + 1) * HOUR)["ben"]
        raws += [calendar_of(mail) for mail in mails if list(mail.iter_attachments())]
    assert len(raws) == 3
    for order in ((2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 2, 1), (0, 1, 2, 2, 0)):
        diary = Diary()
        for number in order:
            diary.take(raws[number])
        assert diary.shown == [], order
        assert len(diary.known) == 1


def test_what_changes_before_it_is_mailed_is_mailed_once_as_it_is(
    sending, office, exchange, ada, ben, now
):
    one = schedule(exchange, ben, now)
    cancel(one, ben, now + timedelta(seconds=10))
    mails = deliver(sending, office, now + HOUR)
    sent = {
        name: [checked(calendar_of(m)).value("METHOD") for m in found if list(m.iter_attachments())]
        for name, found in mails.items()
    }
    assert sent == {"ada": ["CANCEL"], "ben": ["CANCEL"]}


def test_a_mail_with_a_file_goes_out_also_when_its_line_was_read(
    sending, office, exchange, ada, ben, now
):
    schedule(exchange, ben, now)
    with transaction():
        notifications.read_all(ben, now)
    (mail,) = deliver(sending, office, now + HOUR)["ben"]
    assert event_in(calendar_of(mail))


def test_the_switch_for_mails_about_sessions_is_obeyed(sending, office, exchange, ada, ben, now):
    with transaction():
        for person in (ada, ben):
            preferences.switch(person.id, Topic.SESSIONS, Channel.EMAIL, on=False)
    one = schedule(exchange, ben, now)
    cancel(one, ben, now)
    assert deliver(sending, office, now + HOUR) == {}


def test_a_switch_moved_meanwhile_is_obeyed(sending, office, exchange, ada, ben, now):
    schedule(exchange, ben, now)
    with transaction():
        preferences.switch(ada.id, Topic.SESSIONS, Channel.EMAIL, on=False)
    assert set(deliver(sending, office, now + HOUR)) == {"ben"}


def test_who_has_muted_the_other_hears_nothing_but_their_calendar_does(
    sending, office, exchange, ada, ben, now
):
    one = schedule(exchange, ben, now)
    deliver(sending, office, now + MINUTE)
    with transaction():
        safety.mute(ben, ada.username, now=now)
    cancel(one, ada, now + HOUR)
    (mail,) = deliver(sending, office, now + 2 * HOUR)["ben"]
    assert mail["Subject"].startswith("Off your calendar: Watercolour with Ada, ")
    assert checked(calendar_of(mail)).value("METHOD") == "CANCEL"


def test_a_block_takes_the_entry_out_of_both_calendars_and_names_nobody(
    sending, office, exchange, ada, ben, now
):
    one = schedule(exchange, ben, now)
    deliver(sending, office, now + MINUTE)
    with transaction():
        safety.block(ada, ben.username, now=now + HOUR)
    mails = deliver(sending, office, now + 2 * HOUR)
    for name, other in (("ada", "Ben"), ("ben", "Ada")):
        raws = [calendar_of(mail) for mail in mails[name] if list(mail.iter_attachments())]
        assert len(raws) == 1
        event = event_in(raws[0])
        assert (event.value("STATUS"), event.value("SEQUENCE")) == ("CANCELLED", "1")
        assert other not in raws[0].decode().replace(f"CN={name.capitalize()}", "")
        assert one.public_id not in event.value("DESCRIPTION") + event.value("URL")


def test_an_exchange_that_is_cancelled_clears_every_session_of_it(
    sending, office, exchange, ada, ben, now
):
    for days in (2, 4, 6):
        people.make_session(ben, exchange, start=people.next_quarter(now + days * DAY),
                            now=now + days * MINUTE)  # fmt: skip
    deliver(sending, office, now + 3 * HOUR)
    with transaction():
        exchanges.cancel_exchange(ben, exchange.public_id, reason="I move away.", now=now + DAY)
    mails = deliver(sending, office, now + DAY + HOUR)
    for name in ("ada", "ben"):
        raws = [calendar_of(mail) for mail in mails[name] if list(mail.iter_attachments())]
        assert {checked(raw).value("METHOD") for raw in raws} == {"CANCEL"}
        assert len({event_in(raw).value("UID") for raw in raws}) == 3


def test_weekly_repeats_come_one_mail_each(sending, office, exchange, ada, ben, now):
    start = people.next_quarter(now + 2 * DAY)
    legs = exchanges.exchange_of(ben, exchange.public_id).legs
    with transaction():
        proposed = learning_sessions.propose_times(
            ben, exchange.public_id, leg_id=legs[0].id, starts=[start], minutes=60, weeks=3, now=now
        )
    with transaction():
        learning_sessions.accept_times(ada, proposed.public_id, start=start, now=now + HOUR)
    mails = deliver(sending, office, now + 2 * HOUR)
    for name in ("ada", "ben"):
        raws = [calendar_of(mail) for mail in mails[name] if list(mail.iter_attachments())]
        uids = [event_in(raw).value("UID") for raw in raws]
        assert len(uids) == len(set(uids)) == 4


def test_another_place_reaches_the_calendar(sending, office, exchange, ada, ben, now):
    one = schedule(exchange, ben, now)
    deliver(sending, office, now + MINUTE)
    with transaction():
        learning_sessions.change_place(
            ada, one.public_id, kind=PlaceKind.IN_PERSON, body="The library, room 2", now=now + HOUR
        )
    mails = deliver(sending, office, now + 2 * HOUR)
    for name in ("ada", "ben"):
        (mail,) = mails[name]
        event = event_in(calendar_of(mail))
        assert event.value("LOCATION") == r"The library\, room 2"
        assert event.value("SEQUENCE") == "1"


def test_no_mail_is_planned_where_none_is_sent(app, exchange, ada, ben, now):
    with deliveries.silence():
        schedule(exchange, ben, now)
    kinds = set(db.session.scalars(select(Delivery.kind).where(Delivery.created_at >= now)))
    assert calendars.KIND not in kinds


# -- what stands in a file ------------------------------------------------------------------------


def test_the_link_to_the_call_stands_in_no_file(sending, office, exchange, ada, ben, now):
    one = schedule(exchange, ben, now)
    with transaction():
        db.session.execute(
            update(LearningSession).values(
                place_kind=PlaceKind.LINK, place_body="https://meet.example/secret-room"
            )
        )
    mails = deliver(sending, office, now + HOUR)
    for found in mails.values():
        said = found[0].as_string() + calendar_of(found[0]).decode()
        assert "secret-room" not in said
        assert exchange.room not in said
        assert "Online\\, opens from the session page" in calendar_of(found[0]).decode()
        assert f"{HOME}/sessions/{one.public_id}" in calendar_of(found[0]).decode().replace(
            "\r\n ", ""
        )


@pytest.mark.parametrize(
    "name",
    ["a\r\nATTENDEE:mailto:eve@example.org", "=1+1", 'A "b"; c, d: e\\n', "\u202eAna\x07"],
    ids=["crlf", "formula", "signs", "invisible"],
)
def test_a_name_stays_in_its_property(sending, office, exchange, ada, ben, now, name):
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(first_name=name))
        db.session.execute(update(Skill).values(name=f"Piano {name}"))
    schedule(exchange, ben, now)
    for mails in deliver(sending, office, now + HOUR).values():
        event = event_in(calendar_of(mails[0]))
        assert len(event.all("ATTENDEE")) == 1
        assert "\n" not in mails[0]["Subject"]


def test_every_mail_reads_the_same_instant(sending, office, exchange, ada, ben, now):
    one = schedule(exchange, ben, now)
    for mails in deliver(sending, office, now + HOUR).values():
        read = icalendar.Calendar.from_ical(calendar_of(mails[0])).walk("VEVENT")[0]
        assert read.start.astimezone(UTC) == one.starts_at
        assert read.end.astimezone(UTC) == one.ends_at
