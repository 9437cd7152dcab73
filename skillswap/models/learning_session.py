"""What is a session, when was it offered for, and who holds which quarter hour?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.models.exchange import Exchange, ExchangeLeg
from skillswap.models.skill import Skill
from skillswap.models.user import User

LENGTHS = (30, 45, 60, 90)
WEEKS_MOST = 6  # the same time again, in so many following weeks
STARTS_MOST = 3
JOIN_OPENS = timedelta(minutes=15)
ANSWER_WITHIN = timedelta(days=7)  # when neither says how it went, it counts for neither
AGREE_WITHIN = timedelta(days=7)  # two who remember it differently; then it counts for neither
MISSED_FROM = timedelta(minutes=10)  # after the start it can be said that the other did not come


class SessionState(StrEnum):
    PROPOSED, SCHEDULED, COMPLETED = "proposed", "scheduled", "completed"
    CANCELLED, NO_SHOW = "cancelled", "no_show"
    DISPUTED, UNCONFIRMED = "disputed", "unconfirmed"


class ProposalKind(StrEnum):
    NEW, MOVE = "new", "move"


class ProposalState(StrEnum):
    OPEN, ACCEPTED, DECLINED = "open", "accepted", "declined"
    WITHDRAWN, LAPSED = "withdrawn", "lapsed"


class OutcomeAnswer(StrEnum):
    HAPPENED = "happened"
    THEY_DID_NOT_COME = "they_did_not_come"
    I_COULD_NOT_COME = "i_could_not_come"
    AGREED_NOT_TO = "agreed_not_to"


class PlaceKind(StrEnum):
    JITSI, LINK, IN_PERSON = "jitsi", "link", "in_person"
    ZOOM, MEET = "zoom", "meet"


S = SessionState
MOVES = {
    S.PROPOSED: {S.SCHEDULED, S.CANCELLED},
    S.SCHEDULED: {S.COMPLETED, S.CANCELLED, S.NO_SHOW, S.DISPUTED, S.UNCONFIRMED},
    S.DISPUTED: {S.COMPLETED, S.CANCELLED, S.NO_SHOW, S.UNCONFIRMED},
    S.UNCONFIRMED: {S.COMPLETED},
}
MOVE_UNTIL = timedelta(hours=1)  # before the start; then the agreed time is settled
REMIND_BEFORE = (timedelta(hours=24), timedelta(hours=1))
ASK_AGAIN = timedelta(hours=24)  # after the end, of who has not said how it went

A = OutcomeAnswer
# What two answers come to. A row is what one says; the first column is what it comes to when the
# other stays silent, the others what it comes to beside happened, did not come, could not come,
# agreed not to. "I could not come" settles at once: nobody is asked about what somebody owns up to.
BESIDE = (None, A.HAPPENED, A.THEY_DID_NOT_COME, A.I_COULD_NOT_COME, A.AGREED_NOT_TO)
VERDICTS: dict[OutcomeAnswer, tuple[SessionState, ...]] = {
    A.HAPPENED: (S.COMPLETED, S.COMPLETED, S.DISPUTED, S.DISPUTED, S.DISPUTED),
    A.THEY_DID_NOT_COME: (S.NO_SHOW, S.DISPUTED, S.DISPUTED, S.NO_SHOW, S.DISPUTED),
    A.I_COULD_NOT_COME: (S.NO_SHOW, S.DISPUTED, S.NO_SHOW, S.CANCELLED, S.CANCELLED),
    A.AGREED_NOT_TO: (S.CANCELLED, S.DISPUTED, S.DISPUTED, S.CANCELLED, S.CANCELLED),
}


def verdict(one: OutcomeAnswer, other: OutcomeAnswer | None) -> SessionState:
    """What becomes of a session of which one says this and the other that, or nothing."""
    return VERDICTS[one][BESIDE.index(other)]


IS_SCHEDULED = text("state = 'scheduled'")
IS_UNSETTLED = text("state IN ('scheduled', 'disputed')")


class LearningSession(Model):
    """One meeting of an exchange leg. On the page and in addresses: "session"."""

    __tablename__ = "learning_sessions"
    __table_args__ = (
        CheckConstraint("learner_id <> teacher_id", name="not_with_self"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("minutes IN (30, 45, 60, 90)", name="minutes"),
        CheckConstraint(
            "state IN ('proposed', 'cancelled') OR (starts_at IS NOT NULL AND ends_at IS NOT NULL)",
            name="has_a_time",
        ),
        Index("ix_learning_sessions_exchange", "exchange_id", "id"),
        Index("ix_learning_sessions_teacher", "teacher_id", "state", "starts_at"),
        Index("ix_learning_sessions_learner", "learner_id", "state", "starts_at"),
        Index(
            "ix_learning_sessions_remind",
            "remind_at",
            sqlite_where=IS_SCHEDULED,
            postgresql_where=IS_SCHEDULED,
        ),
        Index(
            "ix_learning_sessions_confirm",
            "confirm_by",
            sqlite_where=IS_UNSETTLED,
            postgresql_where=IS_UNSETTLED,
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id"))
    leg_id: Mapped[int] = mapped_column(ForeignKey("exchange_legs.id"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), index=True)
    number: Mapped[int] = mapped_column(default=1)  # 1, 2, 3 … within its exchange
    state: Mapped[SessionState] = mapped_column(choice(SessionState), default=SessionState.PROPOSED)
    minutes: Mapped[int]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)  # of the calendar file, rises with each change
    place_kind: Mapped[PlaceKind] = mapped_column(choice(PlaceKind), default=PlaceKind.JITSI)
    place_body: Mapped[str] = mapped_column(String(300), default="")
    preparation: Mapped[str] = mapped_column(String(1_000), default="")
    # the next thing to remind of: 24 hours before, 1 hour before, the end, a day after it
    remind_at: Mapped[datetime | None]
    # until when the silent one can speak; while disputed, until when the two can agree
    confirm_by: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")
    cancelled_late: Mapped[bool] = mapped_column(default=False)
    absent_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    absent_admitted: Mapped[bool] = mapped_column(default=False)  # they said so: half a mark
    forgiven_at: Mapped[datetime | None]  # by the partner: the mark is off
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # when it became completed or cancelled
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    exchange: Mapped[Exchange] = relationship(lazy="raise_on_sql")
    leg: Mapped[ExchangeLeg] = relationship(lazy="raise_on_sql")
    teacher: Mapped[User] = relationship(foreign_keys=teacher_id, lazy="raise_on_sql")
    learner: Mapped[User] = relationship(foreign_keys=learner_id, lazy="raise_on_sql")
    skill: Mapped[Skill] = relationship(lazy="raise_on_sql")
    proposals: Mapped[list[Proposal]] = relationship(
        lazy="raise_on_sql", order_by="Proposal.id", back_populates="learning_session"
    )
    outcomes: Mapped[list[Outcome]] = relationship(lazy="raise_on_sql")

    def move_to(self, state: SessionState, now: datetime) -> None:
        """Make an allowed move. Raises WrongState when somebody was quicker."""
        if state not in MOVES.get(self.state, ()):
            raise WrongState("session", self.state)
        self.state = state
        if state in (S.COMPLETED, S.CANCELLED, S.NO_SHOW):
            self.ended_at = now

    def partner_of(self, person: User) -> User:
        """The other of the two."""
        return self.teacher if person.id == self.learner_id else self.learner

    def state_at(self, now: datetime) -> SessionState:
        """The state with its deadlines taken into account, also before a sweep has run.

        What one has said counts when the other stays silent until `confirm_by`. Both silent for
        7 days, or of two minds for 7 days: unconfirmed. Needs `outcomes` loaded.
        """
        return state_at(self, now)

    @property
    def said(self) -> OutcomeAnswer | None:
        """What the one says who has answered, while the other has not."""
        return self.outcomes[0].answer if self.outcomes else None

    def answer_of(self, person: User) -> OutcomeAnswer | None:
        """What this person says became of it."""
        return next((one.answer for one in self.outcomes if one.user_id == person.id), None)

    def absent_id_at(self, now: datetime) -> int | None:
        """Who did not come, by the clock too; None while nobody stayed away."""
        if self.state is S.NO_SHOW or self.state_at(now) is not S.NO_SHOW:
            return self.absent_user_id
        waited = self.outcomes[0].user_id
        return self.teacher_id if waited == self.learner_id else self.learner_id

    def is_over(self, now: datetime) -> bool:
        """Whether its agreed time has passed."""
        return self.ends_at is not None and self.ends_at <= now

    def join_is_open(self, now: datetime) -> bool:
        """From 15 minutes before the start until the end."""
        if self.state is not S.SCHEDULED or self.starts_at is None or self.ends_at is None:
            return False
        return self.starts_at - JOIN_OPENS <= now < self.ends_at


def state_at(row: Any, now: datetime) -> SessionState:
    """How a session (or a row with its columns and `said`) stands by the clock."""
    state: SessionState = row.state
    if state not in (S.SCHEDULED, S.DISPUTED) or row.ends_at is None:
        return state
    if row.confirm_by is None:
        return S.UNCONFIRMED if row.ends_at + ANSWER_WITHIN <= now else state
    if row.confirm_by > now:
        return state
    return S.UNCONFIRMED if state is S.DISPUTED else verdict(row.said, None)


PROPOSAL_IS_OPEN = text("state = 'open'")


class Proposal(Model):
    """One to three starts offered for a session, or for moving one."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("minutes IN (30, 45, 60, 90)", name="minutes"),
        CheckConstraint("weeks BETWEEN 0 AND 6", name="weeks"),
        Index(
            "uq_proposals_open",
            "learning_session_id",
            unique=True,
            sqlite_where=PROPOSAL_IS_OPEN,
            postgresql_where=PROPOSAL_IS_OPEN,
        ),
        Index("ix_proposals_learning_session", "learning_session_id", "id"),
        Index(
            "ix_proposals_due",
            "lapse_at",
            sqlite_where=PROPOSAL_IS_OPEN,
            postgresql_where=PROPOSAL_IS_OPEN,
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    learning_session_id: Mapped[int] = mapped_column(
        ForeignKey("learning_sessions.id", ondelete="CASCADE")
    )
    proposer_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[ProposalKind] = mapped_column(choice(ProposalKind), default=ProposalKind.NEW)
    start_1: Mapped[datetime]
    start_2: Mapped[datetime | None]
    start_3: Mapped[datetime | None]
    minutes: Mapped[int]
    body: Mapped[str] = mapped_column(String(500), default="")
    weeks: Mapped[int] = mapped_column(default=0)  # the same wall time in so many further weeks
    lapse_at: Mapped[datetime]
    state: Mapped[ProposalState] = mapped_column(choice(ProposalState), default=ProposalState.OPEN)
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    learning_session: Mapped[LearningSession] = relationship(
        lazy="raise_on_sql", back_populates="proposals"
    )

    @property
    def starts(self) -> list[datetime]:
        """The offered starts, in the order they were given."""
        return [start for start in (self.start_1, self.start_2, self.start_3) if start]

    def state_at(self, now: datetime) -> ProposalState:
        """The state with its deadline taken into account, also when no sweep has run yet."""
        if self.state is ProposalState.OPEN and self.lapse_at <= now:
            return ProposalState.LAPSED
        return self.state

    def move_to(self, state: ProposalState, now: datetime) -> None:
        """Answer it. Raises WrongState when somebody was quicker, or time was."""
        due = self.state_at(now)
        if due is not ProposalState.OPEN:
            raise WrongState("proposal", due)
        self.state, self.answered_at = state, now


class BookedSlot(Model):
    """A quarter hour of a person's time (UTC epoch // 900): the key forbids a second booking."""

    __tablename__ = "booked_slots"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    learning_session_id: Mapped[int] = mapped_column(
        ForeignKey("learning_sessions.id", ondelete="CASCADE"), index=True
    )


class Outcome(Model):
    """What one side says about a session that is over."""

    __tablename__ = "outcomes"
    learning_session_id: Mapped[int] = mapped_column(
        ForeignKey("learning_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    answer: Mapped[OutcomeAnswer] = mapped_column(choice(OutcomeAnswer))
    answered_at: Mapped[datetime]


class Presence(Model):
    """That a person opened the call of a session, and when first."""

    __tablename__ = "presences"
    learning_session_id: Mapped[int] = mapped_column(
        ForeignKey("learning_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    joined_at: Mapped[datetime]
