"""What stands in one thread: its lines, by their places?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.conversations.reading import Thread, one_thread, thread_from, thread_of
from skillswap.errors import NotFound, WrongState
from skillswap.lib.keyset import AnySelect
from skillswap.models import Conversation, Event, Media, Message, MessageKind, User
from skillswap.models.conversation import EDIT_WITHIN

LINES = 30  # of a thread at a time
FOUND_MOST = 40
CARDS = 6  # about one thing; the older ones have lost their buttons long ago
BEFORE_FOUND = 10  # lines above one that was searched for

Before = aliased(Message)
COLUMNS = (
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
    def is_as_written(self) -> bool:
        """Neither edited nor taken back."""
        return self.edited_at is None and self.deleted_at is None

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
    query = _query(thread.id)
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
        _query(thread.id).where(Message.seq > seq).order_by(Message.seq).limit(limit)
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
        _query(thread.id).join(about, same).order_by(Message.seq.desc()).limit(CARDS)
    ).all()
    return [_line(row, thread.reader_id) for row in reversed(rows)]


def line_of(
    person: User, public_id: str, seq: int | None, now: datetime
) -> tuple[Thread, MessageLine]:
    """One line by its place, or the last, with its thread. Raises NotFound for who may not see
    it. One statement."""
    asked = {"me": person.id, "key": public_id, "now": now, "seq": seq}
    row = db.session.execute(_one_line(), asked).first()
    if row is None:
        raise NotFound("message")
    return thread_from(row, person, now), _line(row, person.id)


@cache
def _one_line() -> AnySelect:
    """The statement of `line_of`, put together once: it is asked for every line that arrives."""
    place = func.coalesce(bindparam("seq", type_=BigInteger()), Conversation.last_seq)
    here = and_(Message.conversation_id == Conversation.id, Message.seq == place)
    return _with_origin(one_thread().join(Message, here).add_columns(*COLUMNS))


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
        _query(thread.id)
        .where(
            Message.kind == MessageKind.TEXT,
            Message.deleted_at.is_(None),
            Message.body.icontains(words.strip(), autoescape=True),
        )
        .order_by(Message.seq.desc())
        .limit(FOUND_MOST)
    ).all()
    return [_line(row, thread.reader_id) for row in rows]


def _query(conversation_id: int | None) -> AnySelect:
    lines = _with_origin(select(*COLUMNS).select_from(Message))
    return lines.where(Message.conversation_id == conversation_id)


def _with_origin(lines: AnySelect) -> AnySelect:
    """With what came along, and what a card is about."""
    return lines.outerjoin(Media, Media.id == Message.media_id).outerjoin(
        Event, Event.id == Message.event_id
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
