"""How does one thread look from one of its two sides?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, String, and_, bindparam, case, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import UtcDateTime, db
from skillswap.domain.conversations.standing import Standing, related, standing_of
from skillswap.domain.visibility import person_named, visible
from skillswap.errors import NotFound
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    Conversation,
    ConversationMember,
    Exchange,
    ExchangeState,
    LivePerson,
    User,
)

ONLINE_FOR = timedelta(seconds=60)
ACTIVE = (Exchange.state == ExchangeState.ACTIVE,)
Other = aliased(User)
Mine = aliased(ConversationMember)
Theirs = aliased(ConversationMember)


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
    is_listed: bool  # it stands among my conversations
    other_seen_at: datetime | None  # when they had a page open last, if both show theirs
    exchange: str | None  # the public id of the latest exchange of the two, as the next
    active_exchange: str | None  # in which times can be proposed
    # held so that a verb which changes it need not ask for it again
    row: Conversation | None = field(default=None, compare=False, repr=False)

    def is_online(self, now: datetime) -> bool:
        """Whether the other has a page open, and the two show it to each other."""
        return self.other_seen_at is not None and self.other_seen_at > now - ONLINE_FOR

    @property
    def may_write(self) -> bool:
        """Whether the composer is there."""
        return self.standing not in (Standing.WAITING, Standing.FROZEN)


def thread_of(person: User, public_id: str, now: datetime) -> Thread:
    """The thread of that address for either of its two. Raises NotFound for others, and while the
    other is not there for this person. One statement."""
    asked = {"me": person.id, "key": public_id, "now": now}
    row = db.session.execute(one_thread(), asked).first()
    if row is None:
        raise NotFound("conversation")
    return thread_from(row, person, now)


def thread_with(person: User, username: str, now: datetime) -> Thread:
    """The thread with that person, also when it has not begun. Raises NotFound for somebody who is
    not there for this person, and for oneself."""
    row = db.session.execute(
        _thread_query(person.id, now).where(Other.username == username.lower())
    ).first()
    if row is not None:
        return thread_from(row, person, now)
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
        is_listed=False,
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
def one_thread() -> AnySelect:
    """The statement of `thread_of`, put together once: that takes longer than running it."""
    me, now = bindparam("me", type_=BigInteger()), bindparam("now", type_=UtcDateTime())
    key = bindparam("key", type_=String())
    return _thread_query(me, now).where(Conversation.public_id == key)


def _thread_query(my_id: Any, now: Any) -> AnySelect:
    return (
        select(
            Conversation,
            Other,
            Mine.last_read_seq.label("my_read"),
            Mine.hidden_at,
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


def thread_from(row: Any, person: User, now: datetime) -> Thread:
    """The thread in a row of `one_thread`."""
    conversation = row.Conversation
    waits = conversation.let_in_at is None and conversation.request_from_id == row[1].id
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
        is_listed=row.hidden_at is None and not waits,
        other_seen_at=row.seen_at if person.shows_presence else None,
        exchange=row.exchange,
        active_exchange=row.active_exchange,
        row=conversation,
    )
