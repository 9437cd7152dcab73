"""Who is signed in, and what does every page show of them? One statement answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    BigInteger,
    Executable,
    Select,
    String,
    bindparam,
    case,
    false,
    literal,
    select,
    update,
)
from sqlalchemy.orm import contains_eager

from skillswap.db import UtcDateTime, db
from skillswap.domain import (
    badges,
    cases,
    conversations,
    deciding,
    learning_sessions,
    notifications,
    pitches,
    second_steps,
)
from skillswap.domain.sign_ins import IDLE, STAFF_IDLE
from skillswap.lib.tokens import token_hash
from skillswap.models import SignIn, StaffRole, User, UserState

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The device, and the counts beside the entries of the frame."""

    sign_in: SignIn
    unread_notifications: int
    waiting_pitches: int
    waiting_sessions: int
    open_cases: int  # 0 for all but staff
    unread_chats: int = 0
    open_contests: int = 0  # for staff
    badge_news: str | None = None  # the newest badge nobody has told them of yet
    has_second_step: bool = False  # of staff, whose pages ask for it

    @property
    def user(self) -> User:
        """The person."""
        return self.sign_in.user

    @property
    def needs(self) -> tuple[int, int, int]:
        """What waits for the person, beside the main entries."""
        return self.waiting_pitches, self.waiting_sessions, self.unread_chats

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Every number of the frame."""
        return self.unread_notifications, *self.needs


@cache
def _signed_in() -> Executable:
    """The statement of `signed_in`, put together once: that takes longer than running it."""
    key, now = bindparam("key", type_=String()), bindparam("now", type_=UtcDateTime())
    # not SignIn.user_id: the counts are cut by a LIMIT inside FROM, where the outer row is not
    # in scope, and would count what waits for anybody who is signed in
    user_id = select(SignIn.user_id).where(SignIn.token_hash == key).scalar_subquery()
    open_cases = cases.open_count(user_id, now).scalar_subquery()
    open_contests = deciding.open_count(user_id, now).scalar_subquery()
    return (
        select(
            SignIn,
            notifications.unread_count(user_id, now).scalar_subquery(),
            pitches.waiting_count(user_id, now).scalar_subquery(),
            learning_sessions.waiting_count(user_id, now).scalar_subquery(),
            case((User.staff_role != StaffRole.NONE, open_cases), else_=0),
            conversations.unread_count(user_id).scalar_subquery(),
            case((User.staff_role != StaffRole.NONE, open_contests), else_=0),
            badges.news(user_id, now).scalar_subquery(),
            case(
                (User.staff_role != StaffRole.NONE, second_steps.is_asked_of(User.id)),
                else_=false(),
            ),
        )
        .join(SignIn.user)
        .options(contains_eager(SignIn.user))
        .where(SignIn.token_hash == key, SignIn.revoked_at.is_(None), SignIn.expires_at > now)
    )


def signed_in(token: str, now: datetime) -> SignedIn | None:
    """The live sign-in behind a cookie, or None: ended, expired, idle too long, suspended.

    One statement, whatever the person has received.
    """
    found = counted(token_hash(token), now)
    if found is not None:
        found.sign_in.token = token
    return found


def counted(key: str, now: datetime) -> SignedIn | None:
    """The same by the hash of the token, for whoever does not hold the token itself."""
    row = db.session.execute(_signed_in(), {"key": key, "now": now}).first()
    return SignedIn(*row) if row is not None and _lasts(row[0], now) else None


@cache
def _standing() -> Select[SignIn]:
    """Its statement, put together once: it is asked for every event and every reader."""
    key, now = bindparam("id", type_=BigInteger()), bindparam("now", type_=UtcDateTime())
    return (
        select(SignIn)
        .join(SignIn.user)
        .options(contains_eager(SignIn.user))
        .where(SignIn.id == key, SignIn.revoked_at.is_(None), SignIn.expires_at > now)
    )


def standing(sign_in_id: int, now: datetime) -> SignedIn | None:
    """The same by the row's number, with nothing counted: for an open socket."""
    sign_in = db.session.scalar(_standing(), {"id": sign_in_id, "now": now})
    return SignedIn(sign_in, 0, 0, 0, 0) if sign_in is not None and _lasts(sign_in, now) else None


def _lasts(sign_in: SignIn, now: datetime) -> bool:
    idle = IDLE if sign_in.user.staff_role is StaffRole.NONE else STAFF_IDLE
    return sign_in.user.is_active and sign_in.seen_at + idle > now


def lasting(sign_in_ids: Collection[int], now: datetime) -> set[int]:
    """Which of these sign-ins still hold, with the sockets that were opened by them."""
    idle_since = case(
        (User.staff_role == StaffRole.NONE, literal(now - IDLE, UtcDateTime())),
        else_=literal(now - STAFF_IDLE, UtcDateTime()),
    )
    found = db.session.scalars(
        select(SignIn.id)
        .join(SignIn.user)
        .where(
            SignIn.id.in_(sign_in_ids),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            SignIn.seen_at > idle_since,
            User.state.in_((UserState.ACTIVE, UserState.LIMITED)),
        )
    )
    return set(found)


def seen(sign_in: SignIn, now: datetime) -> None:
    """Note that the person is here. The one write a GET may do, at most once a minute."""
    for table, row_id, column in (
        (SignIn, sign_in.id, "seen_at"),
        (User, sign_in.user_id, "last_seen_at"),
    ):
        db.session.execute(
            update(table)
            .where(table.id == row_id)
            .values({column: now})
            .execution_options(synchronize_session=False)
        )
