"""What stands in one thread, from one side?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, String, and_, bindparam, case, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import UtcDateTime, db
from skillswap.domain.conversations.standing import Standing, related, standing_of
from skillswap.domain.visibility import person_named, visible
from skillswap.errors import NotFound, WrongState
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    Conversation,
    ConversationMember,
    Event,
    Exchange,
    ExchangeState,
    LivePerson,
    Media,
    Message,
    MessageKind,
    User,
)
from skillswap.models.conversation import EDIT_WITHIN

ONLINE_FOR = timedelta(seconds=60)
LINES = 30  # of a thread at a time
FOUND_MOST = 40
CARDS = 6  # about one thing; the older ones have lost their buttons long ago
BEFORE_FOUND = 10  # lines above one that was searched for

ACTIVE = (Exchange.state == ExchangeState.ACTIVE,)
Other = aliased(User)
Mine = aliased(ConversationMember)
Theirs = aliased(ConversationMember)
Before = aliased(Message)


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation from one side. `id` is None while nobody has written."""

    id: int | None
    public_id: str
    reader_id: int
    other: User
    standing: Standing
    last_seq: int
    my_read: int
    their_read: int
    is_request: bool  # it stands under Requests: theirs
    other_seen_at: datetime | None  # when they had a page open last, if both show theirs
    exchange: str | None  # the public id of the latest exchange of the two, as the next
    active_exchange: str | None  # in which times can be proposed

    def is_online(self, now: datetime) -> bool:
        """Whether the other has a page open, and the two show it to each other."""
        return self.other_seen_at is not None and self.other_seen_at > now - ONLINE_FOR

    # held so that a verb which changes it need not ask for it again
    row: Conversation | None = field(default=None, compare=False, repr=False)

    @property
    def may_write(self) -> bool:
        """Whether the composer is there."""
        return self.standing not in (Standing.WAITING, Standing.FROZEN)


def thread_of(person: User, public_id: str, now: datetime) -> Thread:
    """The thread of that address for either of its two. Raises NotFound for others, and while the
    other is not there for this person. One statement."""
    asked = {"me": person.id, "key": public_id, "now": now}
    row = db.session.execute(_one_thread(), asked).first()
    if row is None:
        raise NotFound("conversation")
    return _thread(row, person, now)


def thread_with(person: User, username: str, now: datetime) -> Thread:
    """The thread with that person, also when it has not begun. Raises NotFound for somebody who is
    not there for this person, and for oneself."""
    row = db.session.execute(
        _thread_query(person.id, now).where(Other.username == username.lower())
    ).first()
    if row is not None:
        return _thread(row, person, now)
    other = person_named(username.lower(), to=person.id)
    if other.id == person.id:
        raise NotFound("person")
    relation = db.session.execute(
        select(
            related(person.id, other.id, now),
            _latest_exchange(person.id, other.id).label("exchange"),
            _latest_exchange(person.id, other.id, *ACTIVE).label("active_exchange"),
        )
    ).one()
    standing = Standing.OPEN if relation[0] else Standing.REQUEST
    return Thread(
        id=None,
        public_id="",
        reader_id=person.id,
        other=other,
        standing=standing,
        last_seq=0,
        my_read=0,
        their_read=0,
        is_request=False,
        other_seen_at=None,
        exchange=relation.exchange,
        active_exchange=relation.active_exchange,
    )


def other_id(my_id: Any) -> Any:
    """The id of the other of the two."""
    return case((Conversation.low_id == my_id, Conversation.high_id), else_=Conversation.low_id)


def _latest_exchange(one: Any, other: Any, *which: Any) -> Any:
    return (
        select(Exchange.public_id)
        .where(
            *which,
            or_(
                and_(Exchange.learner_id == one, Exchange.teacher_id == other),
                and_(Exchange.learner_id == other, Exchange.teacher_id == one),
            ),
        )
        .order_by(Exchange.id.desc())
        .limit(1)
        .correlate(Other)
        .scalar_subquery()
    )


@cache
def _one_thread() -> AnySelect:
    """The statement of `thread_of`, put together once: it is asked for every line that arrives."""
    me, now = bindparam("me", type_=BigInteger()), bindparam("now", type_=UtcDateTime())
    key = bindparam("key", type_=String())
    return _thread_query(me, now).where(Conversation.public_id == key)


def _thread_query(my_id: Any, now: Any) -> AnySelect:
    return (
        select(
            Conversation,
            Other,
            Mine.last_read_seq.label("my_read"),
            Theirs.last_read_seq.label("their_read"),
            related(my_id, Other.id, now).label("are_related"),
            LivePerson.seen_at,
            _latest_exchange(my_id, Other.id).label("exchange"),
            _latest_exchange(my_id, Other.id, *ACTIVE).label("active_exchange"),
        )
        .join(Mine, and_(Mine.conversation_id == Conversation.id, Mine.user_id == my_id))
        .join(Other, Other.id == other_id(my_id))
        .join(Theirs, and_(Theirs.conversation_id == Conversation.id, Theirs.user_id == Other.id))
        .outerjoin(LivePerson, and_(LivePerson.user_id == Other.id, Other.shows_presence.is_(True)))
        .where(visible(Other, to=my_id))
        .execution_options(populate_existing=True)
    )


def _thread(row: Any, person: User, now: datetime) -> Thread:
    conversation = row.Conversation
    standing = standing_of(
        person.id,
        are_related=row.are_related,
        request_from_id=conversation.request_from_id,
        let_in=conversation.let_in_at is not None,
        frozen=conversation.is_frozen_at(now),
    )
    return Thread(
        id=conversation.id,
        public_id=conversation.public_id,
        reader_id=person.id,
        other=row[1],
        standing=standing,
        last_seq=conversation.last_seq,
        my_read=row.my_read,
        their_read=row.their_read,
        is_request=standing is Standing.ASKED,
        other_seen_at=row.seen_at if person.shows_presence else None,
        exchange=row.exchange,
        active_exchange=row.active_exchange,
        row=conversation,
    )


# -- its lines ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One line of a thread. A deleted one has no body; a card says what it is about."""

    public_id: str
    seq: int
    kind: MessageKind
    sender_id: int | None
    is_mine: bool
    body: str
    event: str | None  # of a card: the kind of what happened, as what follows
    subject_type: str | None
    subject_id: int | None
    facts: dict[str, Any]
    file_name: str | None  # of an attachment: its address is /media/<file_name>
    file_title: str
    file_mime: str
    created_at: datetime
    previous_at: datetime | None  # of the line before: the thread is headed by days
    edited_at: datetime | None
    deleted_at: datetime | None

    def may_edit(self, now: datetime) -> bool:
        """My own words, for fifteen minutes."""
        return self.may_delete and now < self.created_at + EDIT_WITHIN

    @property
    def may_delete(self) -> bool:
        """My own words, any time; they leave a stone."""
        return self.is_mine and self.kind is MessageKind.TEXT and self.deleted_at is None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some lines in their order, and where the thread goes on."""

    lines: Sequence[MessageLine]
    older: int | None  # give as `before`: there is more above
    newer: int | None  # give as `after`: there is more below


def lines_of(
    thread: Thread, *, before: int | None = None, after: int | None = None, at: int | None = None
) -> Slice:
    """Thirty lines: the newest, those before a place, those after it, or around one. One
    statement."""
    if thread.id is None:
        return Slice([], None, None)
    only_newer = after is not None
    if at is not None:
        after = max(0, at - BEFORE_FOUND)
    query = _line_query(thread.id)
    if after is not None:
        rows = db.session.execute(
            query.where(Message.seq > after).order_by(Message.seq).limit(LINES + 1)
        ).all()
        lines = [_line(row, thread.reader_id) for row in rows[:LINES]]
        newer = lines[-1].seq if len(rows) > LINES else None
    else:
        if before is not None:
            query = query.where(Message.seq < before)
        rows = db.session.execute(query.order_by(Message.seq.desc()).limit(LINES)).all()
        lines = [_line(row, thread.reader_id) for row in reversed(rows)]
        newer = None
    has_older = bool(lines) and lines[0].seq > 1 and not only_newer  # places have no gaps
    older = lines[0].seq if has_older else None
    return Slice(lines, older, newer)


def lines_after(
    person: User, public_id: str, seq: int, now: datetime, limit: int
) -> tuple[Thread, Sequence[MessageLine]]:
    """What came after a place, oldest first, up to `limit`, for whoever was away. Two
    statements."""
    thread = thread_of(person, public_id, now)
    rows = db.session.execute(
        _line_query(thread.id).where(Message.seq > seq).order_by(Message.seq).limit(limit)
    ).all()
    return thread, [_line(row, person.id) for row in rows]


def cards_about(thread: Thread, seq: int) -> Sequence[MessageLine]:
    """The latest cards about what the card at that place is about, in their order."""
    about = (
        select(Event.subject_type, Event.subject_id)
        .join(Message, Message.event_id == Event.id)
        .where(Message.conversation_id == thread.id, Message.seq == seq)
        .subquery()
    )
    same = and_(Event.subject_type == about.c.subject_type, Event.subject_id == about.c.subject_id)
    rows = db.session.execute(
        _line_query(thread.id).join(about, same).order_by(Message.seq.desc()).limit(CARDS)
    ).all()
    return [_line(row, thread.reader_id) for row in reversed(rows)]


def line_of(person: User, public_id: str, seq: int, now: datetime) -> tuple[Thread, MessageLine]:
    """One line by its place. Raises NotFound for who may not see it. Two statements."""
    thread = thread_of(person, public_id, now)
    row = db.session.execute(_line_query(thread.id).where(Message.seq == seq)).first()
    if row is None:
        raise NotFound("message")
    return thread, _line(row, person.id)


def own_line(person: User, public_id: str, now: datetime) -> tuple[Thread, MessageLine]:
    """A message of one's own that can still be changed, with its thread. Raises NotFound."""
    found = db.session.execute(
        select(Conversation.public_id, Message.seq)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(Message.public_id == public_id, Message.sender_id == person.id)
    ).first()
    if found is None:
        raise NotFound("message")
    thread, line = line_of(person, found.public_id, found.seq, now)
    if not line.may_edit(now):
        raise WrongState("message", "deleted" if line.deleted_at else "settled")
    return thread, line


def find_in(thread: Thread, words: str) -> Sequence[MessageLine]:
    """The latest lines that hold these words, whatever their case; at most 40."""
    if thread.id is None or not words.strip():
        return []
    rows = db.session.execute(
        _line_query(thread.id)
        .where(
            Message.kind == MessageKind.TEXT,
            Message.deleted_at.is_(None),
            Message.body.icontains(words.strip(), autoescape=True),
        )
        .order_by(Message.seq.desc())
        .limit(FOUND_MOST)
    ).all()
    return [_line(row, thread.reader_id) for row in rows]


def _line_query(conversation_id: int | None) -> AnySelect:
    return (
        select(
            Message.public_id,
            Message.seq,
            Message.kind,
            Message.sender_id,
            Message.body,
            Event.kind.label("event"),
            Event.subject_type,
            Event.subject_id,
            Event.facts,
            Media.name.label("file_name"),
            Media.title.label("file_title"),
            Media.mime.label("file_mime"),
            Message.created_at,
            select(Before.created_at)
            .where(Before.conversation_id == Message.conversation_id, Before.seq == Message.seq - 1)
            .scalar_subquery()
            .label("previous_at"),
            Message.edited_at,
            Message.deleted_at,
        )
        .outerjoin(Media, Media.id == Message.media_id)
        .outerjoin(Event, Event.id == Message.event_id)
        .where(Message.conversation_id == conversation_id)
    )


def _line(row: Any, reader_id: int) -> MessageLine:
    return MessageLine(
        public_id=row.public_id,
        seq=row.seq,
        kind=row.kind,
        sender_id=row.sender_id,
        is_mine=row.sender_id == reader_id,
        body=row.body,
        event=row.event,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        facts=row.facts or {},
        file_name=row.file_name,
        file_title=row.file_title or "",
        file_mime=row.file_mime or "",
        created_at=row.created_at,
        previous_at=row.previous_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )
