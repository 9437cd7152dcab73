"""Who is a person here, and on which devices are they signed in?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice
from skillswap.lib.markdown import RULES_VERSION

FIRST_RATING_RANK = 4_100  # 1,000 × the shrunken mean of somebody nobody has rated (DATA.md §6)
DEFAULT_PLACES, DEFAULT_PITCH_CAP = 3, 10
DEFAULT_NOTICE_HOURS, DEFAULT_DAILY_SESSIONS = 12, 3
BUFFERS = (0, 15)  # minutes kept free around a session when times are offered
HUES = 8


class UserState(StrEnum):
    ACTIVE, LIMITED, SUSPENDED, DELETED = "active", "limited", "suspended", "deleted"


class PauseKind(StrEnum):
    OWN = "own"  # the teacher's own choice, until `paused_until` if that is set
    UNANSWERED = "unanswered"  # three pitches in a row expired; one click returns


class StaffRole(StrEnum):
    NONE, MODERATOR, ADMIN = "none", "moderator", "admin"


class User(Model):
    """A person's account and profile."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("learning OR teaching", name="some_role"),
        CheckConstraint("rating_count >= 0", name="rating_count"),
        CheckConstraint("rating_sum BETWEEN rating_count AND 5 * rating_count", name="rating_sum"),
        CheckConstraint("buffer_minutes IN (0, 15)", name="buffer_minutes"),
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        # the order of /teachers, read backwards
        Index("ix_users_browse", "teaching", "rating_rank", "last_seen_at", "id"),
        Index("ix_users_rules", "rules_version"),
        Index("ix_users_boards_since", "boards_since"),
        Index(
            "ix_users_verified",
            "verified_until",
            sqlite_where=text("verified_until IS NOT NULL"),
            postgresql_where=text("verified_until IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(30), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    first_name: Mapped[str] = mapped_column(String(60))
    last_name: Mapped[str] = mapped_column(String(60), default="")
    name_key: Mapped[str] = mapped_column(String(130), index=True)  # no case, no accents
    headline: Mapped[str] = mapped_column(String(120), default="")
    bio: Mapped[str] = mapped_column(String(2_000), default="")
    bio_html: Mapped[str] = mapped_column(String, default="")  # made at write time, under:
    rules_version: Mapped[int] = mapped_column(default=RULES_VERSION, server_default="1")
    education: Mapped[list[str]] = mapped_column(JSON, default=list)
    avatar: Mapped[str | None] = mapped_column(String(40))  # a media name
    timezone: Mapped[str] = mapped_column(String(64))
    language_mask: Mapped[int] = mapped_column(BigInteger, default=0)  # bits of data/languages.csv
    birth_year: Mapped[int]
    learning: Mapped[bool] = mapped_column(default=True)
    teaching: Mapped[bool] = mapped_column(default=True)
    theme: Mapped[str] = mapped_column(String(5), default="")  # "", "light" or "dark"
    state: Mapped[UserState] = mapped_column(choice(UserState), default=UserState.ACTIVE)
    state_until: Mapped[datetime | None]  # of limited and suspended: when it ends by itself
    state_body: Mapped[str] = mapped_column(String(500), default="")  # why, in staff's words
    paused: Mapped[PauseKind | None] = mapped_column(choice(PauseKind))  # takes no new pitches
    paused_until: Mapped[datetime | None]
    staff_role: Mapped[StaffRole] = mapped_column(choice(StaffRole), default=StaffRole.NONE)
    places: Mapped[int] = mapped_column(default=DEFAULT_PLACES)  # active exchanges they teach in
    pitch_cap: Mapped[int] = mapped_column(default=DEFAULT_PITCH_CAP)  # open pitches they take
    notice_hours: Mapped[int] = mapped_column(default=DEFAULT_NOTICE_HOURS)
    daily_sessions: Mapped[int] = mapped_column(default=DEFAULT_DAILY_SESSIONS)
    buffer_minutes: Mapped[int] = mapped_column(default=15, server_default="15")
    # which calendar address holds: each new one is one more, and ends the one before; 0 is none
    calendar_serial: Mapped[int] = mapped_column(default=0, server_default="0")
    shows_presence: Mapped[bool] = mapped_column(default=False, server_default=false())
    hides_from_boards: Mapped[bool] = mapped_column(default=False, server_default=false())
    # when boards began to count them: 7 days after joining, with a second partner (domain/boards)
    boards_since: Mapped[datetime | None]
    rating_sum: Mapped[int] = mapped_column(default=0)
    rating_count: Mapped[int] = mapped_column(default=0)  # raters of them as a teacher
    # their mean in thousandths; `rating_sum` is not read any more and goes with a later release
    rating_milli: Mapped[int] = mapped_column(default=0, server_default="0")
    rating_rank: Mapped[int] = mapped_column(default=FIRST_RATING_RANK)
    # derived by domain/answering.py from the pitches of the last 180 days
    answered_count: Mapped[int] = mapped_column(default=0)
    unanswered_count: Mapped[int] = mapped_column(default=0)
    reply_minutes: Mapped[int | None]  # median
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    email_confirmed_at: Mapped[datetime | None]
    verified_until: Mapped[datetime | None]  # while it lies ahead somebody has checked who they are
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    @property
    def name(self) -> str:
        """First and last name, as others read it."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        """For the avatar without a picture: "AN", or "Cy" for a single name."""
        return initials(self.first_name, self.last_name)

    @property
    def hue(self) -> int:
        """1 to 8: the avatar's colour."""
        return self.id % HUES + 1

    @property
    def avatar_url(self) -> str | None:
        """Where the picture is, if there is one."""
        return f"/media/{self.avatar}" if self.avatar else None

    @property
    def is_staff(self) -> bool:
        """Moderators and admins."""
        return self.staff_role is not StaffRole.NONE

    @property
    def is_admin(self) -> bool:
        """Who may do all that staff may, and give roles."""
        return self.staff_role is StaffRole.ADMIN

    def state_at(self, now: datetime) -> UserState:
        """The state with its end taken into account, also when no sweep has run yet."""
        if self.state in (UserState.LIMITED, UserState.SUSPENDED) and self.state_until:
            return UserState.ACTIVE if self.state_until <= now else self.state
        return self.state

    def is_paused_at(self, now: datetime) -> bool:
        """Whether they take no new pitches, the end of a pause taken into account."""
        return self.paused is not None and (self.paused_until is None or self.paused_until > now)

    def is_verified_at(self, now: datetime) -> bool:
        """Whether the badge of the verified stands beside their name."""
        return self.verified_until is not None and self.verified_until > now

    @property
    def is_active(self) -> bool:
        """Neither suspended nor deleted: may sign in and be seen."""
        return self.state in (UserState.ACTIVE, UserState.LIMITED)


def initials(first_name: str, last_name: str) -> str:
    """One letter of each name; two of the first where there is no last."""
    return (first_name[:1] + last_name[:1]).upper() if last_name else first_name[:2].capitalize()


class SignIn(Model):
    """A signed-in device. The cookie holds a random token, this row its SHA-256.

    Ending the row ends the sign-in, wherever the cookie was copied to. It is what Flask-Login
    calls the user, hence the three answers below.
    """

    __tablename__ = "sign_ins"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship(lazy="raise_on_sql")
    device: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    stepped_up_at: Mapped[datetime | None]  # who sits here last showed a password or a code

    token: str = ""  # only in the request that made the row; never stored
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie."""
        return self.token


class Attempt(Model):
    """One try at something that is rationed by trying: log-in, reset, second factor.

    `key_hash` is the SHA-256 of what is counted (an address, an IP), never the thing itself.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_kind_key", "kind", "key_hash", "tried_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64))
    tried_at: Mapped[datetime]
