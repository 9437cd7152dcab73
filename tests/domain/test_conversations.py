"""Who may write to whom, and what stands in the thread then?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import conversations, follows, pitches, safety
from skillswap.domain.conversations import Standing, Thread
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.clock import utcnow
from skillswap.lib.storage import Folder
from skillswap.models import Conversation, ConversationMember, Message, MessageKind, User
from tests import people

MINUTE = timedelta(minutes=1)


def say(person: User, other: User, body: str, key: str = "", **at: object) -> str:
    """Write to somebody; gives the public id of the conversation."""
    now = at.get("now") or utcnow()
    with transaction():
        _message, public_id = conversations.send_to(
            person,
            other.username,
            body=body,
            client_key=key,
            now=now,  # type: ignore[arg-type]
        )
    return public_id


def thread(person: User, other: User) -> Thread:
    return conversations.thread_with(person, other.username, utcnow())


def bodies(person: User, other: User) -> list[str]:
    lines = conversations.lines_of(thread(person, other)).lines
    return [line.body for line in lines if line.kind is MessageKind.TEXT]


def test_partners_of_an_exchange_write_to_each_other(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    say(ben, ada, "Hello Ada")
    say(ada, ben, "Hello Ben")
    assert bodies(ada, ben) == bodies(ben, ada) == ["Hello Ada", "Hello Ben"]
    assert thread(ada, ben).standing is Standing.OPEN


def test_a_strangers_one_message_waits_under_requests(ada: User) -> None:
    cy = people.cy()
    public_id = say(cy, ada, "May I ask you something?")
    assert thread(cy, ada).standing is Standing.WAITING
    assert thread(ada, cy).standing is Standing.ASKED
    assert len(conversations.conversations_of(ada, None, utcnow())) == 0
    assert len(conversations.conversations_of(ada, None, utcnow(), requests=True)) == 1
    assert conversations.request_count(ada) == 1
    with pytest.raises(TooMany):
        say(cy, ada, "Hello?")
    with transaction():
        conversations.let_in(ada, public_id, utcnow())
    say(cy, ada, "Thank you")
    assert bodies(ada, cy) == ["May I ask you something?", "Thank you"]
    assert len(conversations.conversations_of(ada, None, utcnow())) == 1


def test_an_answer_lets_a_stranger_in(ada: User) -> None:
    cy = people.cy()
    say(cy, ada, "May I?")
    say(ada, cy, "Of course")
    say(cy, ada, "Thanks")
    assert thread(cy, ada).standing is Standing.OPEN


def test_a_request_put_aside_is_listed_no_more_and_tells_nobody(ada: User) -> None:
    cy = people.cy()
    public_id = say(cy, ada, "Buy my things")
    with transaction():
        conversations.put_aside(ada, public_id, utcnow())
    assert conversations.request_count(ada) == 0
    assert thread(cy, ada).standing is Standing.WAITING


def test_new_people_reach_few_strangers_a_day(ben: User) -> None:
    for number in range(3):
        say(ben, people.make_person(f"stranger{number}"), "Hello")
    with pytest.raises(TooMany) as refused:
        say(ben, people.make_person("stranger9"), "Hello")
    assert refused.value.code == "requests_today"
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 3


def test_two_who_follow_each_other_write_freely(ada: User) -> None:
    cy = people.cy()
    say(cy, ada, "Hello")
    with transaction():
        follows.follow(cy, "ada", utcnow())
    assert thread(cy, ada).standing is Standing.WAITING
    with transaction():
        follows.follow(ada, "cy", utcnow())
    assert thread(cy, ada).standing is thread(ada, cy).standing is Standing.OPEN
    assert conversations.request_count(ada) == 0
    with transaction():
        follows.unfollow(ada, "cy", utcnow())
    assert thread(cy, ada).standing is Standing.REQUEST


def test_a_block_takes_the_thread_away(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    public_id = say(ben, ada, "Hello")
    with transaction():
        safety.block(ada, "ben", utcnow())
    for person in (ada, ben):
        with pytest.raises(NotFound):
            conversations.thread_of(person, public_id, utcnow())
        assert len(conversations.conversations_of(person, None, utcnow())) == 0
    with pytest.raises(NotFound):
        say(ben, ada, "Why?")


def test_a_frozen_thread_is_read_only(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    public_id = say(ben, ada, "Hello")
    with transaction():
        db.session.scalars(select(Conversation)).one().frozen_at = utcnow()
    with pytest.raises(WrongState):
        say(ada, ben, "Hello")
    assert conversations.thread_of(ada, public_id, utcnow()).standing is Standing.FROZEN


def test_the_same_key_sends_once(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    say(ben, ada, "Hello", "key-1")
    say(ben, ada, "Hello", "key-1")
    say(ada, ben, "Hello", "key-1")
    assert bodies(ada, ben) == ["Hello", "Hello"]


def test_other_words_under_the_same_key_are_another_message(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    for body in ("Hello", "Hello there", "Hello there"):
        say(ben, ada, body, "key-1")
    assert bodies(ada, ben)[:2] == ["Hello", "Hello there"]


def test_places_have_no_gaps_and_reading_is_counted_from_them(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    start = thread(ada, ben).last_seq
    for number in range(3):
        public_id = say(ben, ada, f"Line {number}")
    say(ben, ada, "Line 2", "again")
    rows = db.session.scalars(select(Message.seq).order_by(Message.seq)).all()
    assert rows == list(range(1, start + 5))
    assert conversations.conversations_of(ada, None, utcnow()).rows[0].unread == 4
    assert conversations.conversations_of(ben, None, utcnow()).rows[0].unread == 0
    with transaction():
        assert conversations.read_to(ada, public_id, start + 2, utcnow())
    assert conversations.conversations_of(ada, None, utcnow()).rows[0].unread == 2
    with transaction():
        assert not conversations.read_to(ada, public_id, start + 1, utcnow())
    assert thread(ben, ada).their_read == start + 2


def test_a_card_is_no_news_for_whoever_had_read_all(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    for person in (ada, ben):
        assert conversations.conversations_of(person, None, utcnow()).rows[0].unread == 0
    kinds = [line.event for line in conversations.lines_of(thread(ada, ben)).lines]
    assert kinds == ["pitch.sent", "pitch.accepted"]


def test_a_pitch_alone_is_not_listed_under_chat(ada: User, ben: User) -> None:
    people.make_pitch(ben, ada, "watercolour")
    assert len(conversations.conversations_of(ada, None, utcnow())) == 0
    assert thread(ada, ben).standing is Standing.OPEN
    say(ada, ben, "Tell me more")
    assert len(conversations.conversations_of(ben, None, utcnow())) == 1


def test_words_are_mended_for_fifteen_minutes_and_taken_back_any_time(
    ada: User, ben: User, tmp_path: Path
) -> None:
    people.make_exchange(ben, ada)
    now = utcnow()
    say(ben, ada, "Helo", now=now)
    message = db.session.scalars(select(Message).where(Message.body == "Helo")).one()
    with transaction():
        conversations.edit_message(ben, message.public_id, body="Hello", now=now + 14 * MINUTE)
    assert bodies(ada, ben) == ["Hello"]
    with pytest.raises(WrongState), transaction():
        conversations.edit_message(ben, message.public_id, body="Bye", now=now + 15 * MINUTE)
    with pytest.raises(NotFound), transaction():
        conversations.edit_message(ada, message.public_id, body="Bye", now=now)
    with transaction():
        conversations.delete_message(
            ben, message.public_id, store=Folder(tmp_path), now=now + timedelta(days=9)
        )
    line = conversations.lines_of(thread(ada, ben)).lines[-1]
    assert line.deleted_at is not None
    assert line.body == ""


def test_twenty_messages_in_ten_seconds_are_the_most(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    now = utcnow()
    for number in range(20):
        say(ben, ada, f"{number}", now=now)
    with pytest.raises(TooMany):
        say(ben, ada, "20", now=now)
    say(ben, ada, "20", now=now + timedelta(seconds=11))
    assert len(bodies(ada, ben)) == 21


def test_empty_and_endless_words_are_refused(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    for body in ("", "  \n ", "x" * 5001, "a\u202eb"):
        with pytest.raises(Refused):
            say(ben, ada, body)
    assert bodies(ada, ben) == []


def test_a_long_thread_is_read_in_slices_without_gaps_or_repeats(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    now = utcnow()
    for number in range(70):
        say(ben, ada, f"{number}", now=now + number * MINUTE)
    here, seen = thread(ada, ben), []
    part = conversations.lines_of(here)
    while True:
        seen = [line.seq for line in part.lines] + seen
        if part.older is None:
            break
        part = conversations.lines_of(here, before=part.older)
    assert seen == list(range(1, here.last_seq + 1))
    around = conversations.lines_of(here, at=30)
    assert around.lines[0].seq == 21
    assert around.older == 21
    after = conversations.lines_of(here, after=around.newer)
    assert after.lines[0].seq == (around.newer or 0) + 1
    assert [line.body for line in conversations.find_in(here, "69")] == ["69"]


def test_members_are_two_and_a_thread_is_one_however_it_began(ada: User, ben: User) -> None:
    people.make_exchange(ben, ada)
    say(ada, ben, "Hello")
    with transaction():
        pitches.withdraw_pitch(ben, people.make_pitch(ben, ada, "piano").public_id, now=utcnow())
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 1
    assert db.session.scalar(select(func.count()).select_from(ConversationMember)) == 2
