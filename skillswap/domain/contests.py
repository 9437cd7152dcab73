"""A mark on somebody's record: forgiven by the partner, contested, decided by staff or the clock.

While a contest is open its mark does not count, and only a moderator's no makes it count again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import events, exchanges, learning_sessions
from skillswap.domain.learning_sessions.reading import WITH_ALL, mine
from skillswap.domain.reliability import WINDOW, MarkKind
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import (
    Contest,
    ContestState,
    LearningSession,
    OutcomeAnswer,
    SessionState,
    User,
)
from skillswap.models.contest import CONTEST_WITHIN, DECIDE_WITHIN

BODY_MOST = 1_000
OFF = frozenset(ContestState) - {ContestState.DISMISSED}  # a contest with which a mark is off


@dataclass(frozen=True, slots=True)
class Mark:
    """What a session left on the record of one of its two, as either reads it."""

    kind: MarkKind
    whose_id: int
    since: datetime  # when it was set
    starts_at: datetime
    forgiven_at: datetime | None
    contest: Contest | None

    @property
    def fades_at(self) -> datetime:
        """From then on it counts no more."""
        return self.starts_at + WINDOW

    @property
    def contest_by(self) -> datetime:
        """Until when it can be contested."""
        return min(self.since + CONTEST_WITHIN, self.fades_at)

    def contest_state(self, now: datetime) -> ContestState | None:
        """How the contest of it stands by the clock; None without one."""
        return self.contest.state_at(now) if self.contest else None

    def counts(self, now: datetime) -> bool:
        """Whether it weighs on the record."""
        is_off = self.forgiven_at is not None or self.contest_state(now) in OFF
        return not is_off and now < self.fades_at

    def may_contest(self, now: datetime) -> bool:
        """Whether its owner may still say that it is wrong."""
        return self.counts(now) and self.contest is None and now < self.contest_by

    def may_forgive(self, now: datetime) -> bool:
        """Whether the partner may take it off."""
        waits = self.contest_state(now) is ContestState.OPEN
        return now < self.fades_at and (self.counts(now) or (waits and self.forgiven_at is None))


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a session's page says once it has begun."""

    answers: Sequence[OutcomeAnswer]  # what I may say by now
    mine: OutcomeAnswer | None  # what I have said
    theirs: OutcomeAnswer | None
    joined: datetime | None  # when I opened the call
    they_joined: datetime | None
    mark: Mark | None


def aftermath_of(person: User, learning_session: LearningSession, now: datetime) -> Aftermath:
    """How it stands with the answers and marks of one session. At most one statement."""
    partner = learning_session.partner_of(person)
    answers = learning_sessions.answers_open(learning_session, now)
    joined = learning_sessions.presences_of(learning_session) if answers else {}
    return Aftermath(
        answers=answers,
        mine=learning_session.answer_of(person),
        theirs=learning_session.answer_of(partner),
        joined=joined.get(person.id),
        they_joined=joined.get(partner.id),
        mark=mark_of(learning_session, now),
    )


def mark_of(learning_session: LearningSession, now: datetime) -> Mark | None:
    """The mark that a session has left, if any. One statement where there is one."""
    one = learning_session
    if one.starts_at is None:
        return None
    whose_id = one.absent_id_at(now)
    kind = MarkKind.ADMITTED if one.absent_admitted else MarkKind.MISSED
    if whose_id is None and one.state is SessionState.CANCELLED and one.cancelled_late:
        whose_id, kind = one.cancelled_by_id, MarkKind.LATE
    if whose_id is None:
        return None
    contest = db.session.scalar(
        select(Contest)
        .where(Contest.learning_session_id == one.id, Contest.user_id == whose_id)
        .execution_options(populate_existing=True)
    )
    since = one.ended_at or one.confirm_by or now
    return Mark(kind, whose_id, since, one.starts_at, one.forgiven_at, contest)


def marked(person: User, public_id: str, now: datetime) -> tuple[LearningSession, Mark]:
    """A session that left a mark on one of the two, for this one of them; NotFound otherwise.

    Also while the other is not there for them: nobody's record is closed to them by a block.
    """
    found = db.session.scalar(
        select(LearningSession)
        .where(LearningSession.public_id == public_id, mine(person.id))
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )
    mark = mark_of(found, now) if found is not None else None
    if found is None or mark is None:
        raise NotFound("mark")
    return found, mark


def own_mark(person: User, public_id: str, now: datetime) -> tuple[LearningSession, Mark]:
    """A mark of this person's own; NotFound otherwise."""
    found, mark = marked(person, public_id, now)
    if mark.whose_id != person.id:
        raise NotFound("mark")
    return found, mark


def _held(person: User, public_id: str, now: datetime) -> tuple[LearningSession, Mark]:
    """The same for a verb: nobody else decides about the two, and what is due is written."""
    found, _mark = marked(person, public_id, now)
    exchanges.lock_people(found.teacher_id, found.learner_id)
    found, mark = marked(person, public_id, now)
    learning_sessions.settle(found, now)
    return found, mark


# -- verbs of the two -----------------------------------------------------------------------------


def contest(person: User, public_id: str, *, body: str, now: datetime) -> Contest:
    """Say that a mark of mine is wrong: once, within 30 days of it.

    The partner is asked, then a moderator; who does not decide in 14 days lets it go. Raises
    NotFound for a mark that is not mine, Refused without words, WrongState when it is too late,
    the mark is off, or it was contested before.
    """
    learning_session, mark = _held(person, public_id, now)
    if mark.whose_id != person.id:
        raise NotFound("mark")
    if not mark.may_contest(now):
        raise WrongState("mark", _stands(mark, now))
    made = Contest(
        learning_session_id=learning_session.id,
        user_id=person.id,
        body=checked_words(body, "body", BODY_MOST),
        created_at=now,
        decide_by=now + DECIDE_WITHIN,
    )
    try:
        with db.session.begin_nested():  # the unique index decides
            db.session.add(made)
    except IntegrityError:
        raise WrongState("mark", ContestState.OPEN) from None
    _tell("contest.made", learning_session, person, [learning_session.partner_of(person)], now)
    return made


def _stands(mark: Mark, now: datetime) -> str:
    if mark.forgiven_at is not None:
        return "forgiven"
    return mark.contest_state(now) or "old"


def checked_words(typed: str, field: str, most: int) -> str:
    """Words as they are kept. Raises Refused when there are none, or too many."""
    try:
        body = clean_body(typed)
    except Unprintable:
        raise Refused(field, "control_characters") from None
    if not body:
        raise Refused(field, "required")
    if len(body) > most:
        raise Refused(field, "too_long", limit=most)
    return body


def forgive(person: User, public_id: str, *, now: datetime) -> LearningSession:
    """Take a mark off my partner's record, as long as it is on it; agrees to an open contest.

    Raises NotFound for a mark of my own, WrongState when it is off already or has faded.
    """
    learning_sessions.session_of(person, public_id)  # nobody forgives somebody who is gone
    learning_session, mark = _held(person, public_id, now)
    if mark.whose_id == person.id:
        raise NotFound("mark")
    if not mark.may_forgive(now):
        raise WrongState("mark", _stands(mark, now))
    learning_session.forgiven_at = now
    partner = learning_session.partner_of(person)
    if mark.contest is not None and mark.contest_state(now) is ContestState.OPEN:
        mark.contest.move_to(ContestState.AGREED, now)
        tell_decided(learning_session, mark.contest, person, [partner], now)
    else:
        _tell("session.forgiven", learning_session, person, [partner], now)
    db.session.flush()
    return learning_session


# -- what the clock does, and what people are told ------------------------------------------------


def lapse_due(now: datetime, limit: int) -> int:
    """Let go of marks whose contest nobody decided in time, and tell both; returns how many."""
    one = joinedload(Contest.learning_session)
    due = db.session.scalars(
        select(Contest)
        .where(Contest.state == ContestState.OPEN, Contest.decide_by <= now)
        .order_by(Contest.decide_by, Contest.id)
        .limit(limit)
        .options(
            one.joinedload(LearningSession.skill),
            one.joinedload(LearningSession.teacher),
            one.joinedload(LearningSession.learner),
        )
        .with_for_update(of=Contest, skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for found in due:
        found.state, found.decided_at = ContestState.LAPSED, found.decide_by
        both = [found.learning_session.learner, found.learning_session.teacher]
        tell_decided(found.learning_session, found, None, both, now)
    return len(due)


def tell_decided(
    learning_session: LearningSession,
    decided: Contest,
    actor: User | None,
    to: list[User],
    now: datetime,
) -> None:
    """Say what became of a contest. A moderator is not named: the house has decided."""
    facts = {"state": decided.state, "whose": decided.user_id}
    _tell("contest.decided", learning_session, actor, to, now, **facts)


def _tell(
    kind: str,
    learning_session: LearningSession,
    actor: User | None,
    to: list[User],
    now: datetime,
    **facts: Any,
) -> None:
    starts_at = learning_session.starts_at
    events.record(
        kind,
        actor=actor,
        subject=learning_session,
        to=to,
        now=now,
        skill=learning_session.skill.name,
        starts_at=starts_at.isoformat() if starts_at else "",
        **facts,
    )
