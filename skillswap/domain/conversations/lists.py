"""Which conversations does a person have, and what is new in them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.conversations.lines import MessageLine
from skillswap.domain.conversations.reading import ONLINE_FOR, Mine, Thread, other_id
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import Conversation, Event, LivePerson, Message, MessageKind, User
from skillswap.models.user import HUES, initials

COUNTED_TO = 100
Other = aliased(User)
Last = aliased(Message)
ME = bindparam("me", type_=BigInteger())
NEWEST = [
    Key(Mine.last_message_at, "last_message_at"),  # type: ignore[arg-type]  # mapped columns are
    Key(Mine.conversation_id, "id"),  # type: ignore[arg-type]  # expressions
]


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation in the list, with its last line."""

    public_id: str
    name: str
    initials: str
    hue: int
    avatar_url: str | None
    unread: int
    last_kind: MessageKind | None
    last_event: str | None  # of a card
    last_body: str
    last_is_mine: bool
    last_deleted: bool
    last_has_file: bool
    last_message_at: datetime
    is_online: bool = False  # while both show it


def conversations_of(
    person: User, cursor: str | None, now: datetime, *, requests: bool = False
) -> Page:
    """My conversations, or those under Requests; the last written first. One statement."""
    query = paginate(_query(requests=requests), NEWEST, cursor)
    found = page(db.session.execute(query, {"me": person.id}).all(), NEWEST)
    here = now - ONLINE_FOR if person.shows_presence else None
    return Page([_row(row, person, here) for row in found.rows], found.after)


def with_news(person: User, limit: int) -> Sequence[ConversationRow]:
    """The first few in which something is unread, the last written first: for the bell's page."""
    query = _query(requests=False).where(Mine.last_read_seq < Conversation.last_seq)
    query = query.order_by(Mine.last_message_at.desc(), Mine.conversation_id.desc()).limit(limit)
    return [_row(row, person) for row in db.session.execute(query, {"me": person.id})]


def row_beside(thread: Thread, line: MessageLine, now: datetime) -> ConversationRow | None:
    """The thread's row in my list, of its last line; None where it has none, and for a line above.

    No statement: it is made for every line that arrives.
    """
    if thread.id is None or not thread.is_listed or line.seq != thread.last_seq:
        return None
    other = thread.other
    return ConversationRow(
        public_id=thread.public_id,
        name=other.name,
        initials=other.initials,
        hue=other.hue,
        avatar_url=other.avatar_url,
        unread=thread.last_seq - thread.my_read,
        last_kind=line.kind,
        last_event=line.event,
        last_body=line.body,
        last_is_mine=line.is_mine,
        last_deleted=line.deleted_at is not None,
        last_has_file=line.file_name is not None,
        last_message_at=line.created_at,
        is_online=thread.is_online(now),
    )


def unread_count(user_id: Any) -> AnySelect:
    """In how many conversations something is new, counted to 100. Requests are not counted."""
    rows = (
        _mine(user_id)
        .where(~_waits(user_id), Mine.last_read_seq < Conversation.last_seq)
        .limit(COUNTED_TO)
    )
    return select(func.count()).select_from(rows.subquery())


def request_count(person: User) -> int:
    """How many strangers wait under Requests, counted to 100."""
    rows = _mine(person.id).where(_waits(person.id)).limit(COUNTED_TO)
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _mine(user_id: Any) -> AnySelect:
    return (
        select(Conversation.id)
        .join(Mine, and_(Mine.conversation_id == Conversation.id, Mine.user_id == user_id))
        .join(Other, Other.id == other_id(user_id))
        .where(Mine.hidden_at.is_(None), visible(Other, to=user_id))
    )


def _waits(user_id: Any) -> ColumnElement[bool]:
    """Condition: a stranger's message that this person has not let in."""
    return and_(
        Conversation.let_in_at.is_(None),
        Conversation.request_from_id.is_not(None),
        Conversation.request_from_id != user_id,
    )


@cache
def _query(*, requests: bool) -> AnySelect:
    waits = _waits(ME)
    return (
        select(
            Conversation.id,
            Conversation.public_id,
            Conversation.last_seq,
            Mine.last_read_seq,
            Mine.last_message_at,
            Other.id.label("other_id"),
            Other.first_name,
            Other.last_name,
            Other.avatar,
            Last.kind,
            Event.kind.label("event"),
            Last.body,
            Last.sender_id,
            Last.deleted_at,
            Last.media_id,
            LivePerson.seen_at,
        )
        .join(Mine, and_(Mine.conversation_id == Conversation.id, Mine.user_id == ME))
        .join(Other, Other.id == other_id(ME))
        .outerjoin(
            Last,
            and_(Last.conversation_id == Conversation.id, Last.seq == Conversation.last_seq),
        )
        .outerjoin(Event, Event.id == Last.event_id)
        .outerjoin(LivePerson, and_(LivePerson.user_id == Other.id, Other.shows_presence.is_(True)))
        .where(
            Mine.user_id == ME,
            Mine.hidden_at.is_(None),
            visible(Other, to=ME),
            waits if requests else ~waits,
        )
    )


def _row(row: Any, person: User, here: datetime | None = None) -> ConversationRow:
    return ConversationRow(
        public_id=row.public_id,
        name=f"{row.first_name} {row.last_name}".strip(),
        initials=initials(row.first_name, row.last_name),
        hue=row.other_id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        unread=row.last_seq - row.last_read_seq,
        last_kind=row.kind,
        last_event=row.event,
        last_body=row.body or "",
        last_is_mine=row.sender_id == person.id,
        last_deleted=row.deleted_at is not None,
        last_has_file=row.media_id is not None,
        last_message_at=row.last_message_at,
        is_online=here is not None and row.seen_at is not None and row.seen_at > here,
    )
