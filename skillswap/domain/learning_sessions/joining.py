"""How do the two come together? Where the call is, who is here, and who is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain.learning_sessions.reading import presences_of, session_of
from skillswap.domain.meetings import Room, room_of
from skillswap.errors import WrongState
from skillswap.lib.tokens import token_hash
from skillswap.models import LearningSession, PlaceKind, Presence, User
from skillswap.models.learning_session import MISSED_FROM

PREPARING = "preparing"  # the service has not answered yet; the Jitsi room serves meanwhile
FELL_BACK = "fell_back"  # it will not: the Jitsi room serves


@dataclass(frozen=True, slots=True)
class Call:
    """Where a session takes place, as somebody sees it who has come while it is open."""

    url: str  # "" in person
    spare_url: str  # the Jitsi room, where another one is chosen
    trouble: str  # "", PREPARING or FELL_BACK
    place_body: str  # in person: where

    @property
    def mark(self) -> str:
        """Tells two places apart without naming them: who opened another one is told."""
        return token_hash(self.url + self.place_body)[:12]


@dataclass(frozen=True, slots=True)
class Gathering:
    """Who has come to a session that is open, and what they may know."""

    learning_session: LearningSession
    partner: User
    is_open: bool
    mine_at: datetime | None  # when I came first
    theirs_at: datetime | None
    call: Call | None  # only for somebody who has come, while it is open
    may_miss: bool  # whether it can be said that the other did not come


def join_session(person: User, public_id: str, *, jitsi_url: str, now: datetime) -> Call:
    """Note who came first when, and say where the call is. Raises WrongState while it is closed.

    The meeting's row is held meanwhile: one that becomes ready is either there for both, or comes
    after the first of them and is not used.
    """
    learning_session = session_of(person, public_id)
    if not learning_session.join_is_open(now):
        raise WrongState("session", "closed")
    room = room_of(learning_session, lock=True)
    presence = Presence(learning_session_id=learning_session.id, user_id=person.id, joined_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(presence)
    except IntegrityError:
        pass  # came before: the first time counts
    return _call(learning_session, room, jitsi_url)


def gathering_of(
    person: User, learning_session: LearningSession, *, jitsi_url: str, now: datetime
) -> Gathering:
    """Who has come to a session of theirs so far. At most two statements."""
    partner = learning_session.partner_of(person)
    is_open = learning_session.join_is_open(now)
    came = presences_of(learning_session)
    mine, theirs = came.get(person.id), came.get(partner.id)
    call = None
    if is_open and mine is not None:
        call = _call(learning_session, room_of(learning_session), jitsi_url)
    missed_from = (learning_session.starts_at or now) + MISSED_FROM
    return Gathering(
        learning_session=learning_session,
        partner=partner,
        is_open=is_open,
        mine_at=mine,
        theirs_at=theirs,
        call=call,
        may_miss=call is not None and theirs is None and now >= missed_from,
    )


def _call(learning_session: LearningSession, room: Room | None, jitsi_url: str) -> Call:
    """The meeting where one is ready, one's own link, or the exchange's own unguessable room."""
    own_room = f"{jitsi_url}/SkillSwap-{learning_session.exchange.room}"
    kind, body = learning_session.place_kind, learning_session.place_body
    if kind is PlaceKind.IN_PERSON:
        return Call("", own_room, "", body)
    if kind is PlaceKind.LINK:
        return Call(body, own_room, "", "")
    if room is None:
        return Call(own_room, "", "", "")
    if room.join_url:
        return Call(room.join_url, own_room, "", "")
    return Call(own_room, "", FELL_BACK if room.fell_back else PREPARING, "")
