"""How did it go? What each of the two says about a session, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from skillswap.db import db
from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.reading import session_of
from skillswap.domain.limits import CONFIRM_WITHIN
from skillswap.errors import WrongState
from skillswap.models import LearningSession, Outcome, OutcomeAnswer, SessionState, User
from skillswap.models.learning_session import AGREE_WITHIN, MISSED_FROM, verdict

UNSETTLED = (SessionState.SCHEDULED, SessionState.DISPUTED)
S = SessionState


def answers_open(learning_session: LearningSession, now: datetime) -> Sequence[OutcomeAnswer]:
    """What can be said by now: what kept the two apart from the start on, that the other did not
    come ten minutes later, that it happened once it is over. Nothing once it is settled."""
    starts_at = learning_session.starts_at
    if starts_at is None or learning_session.state_at(now) not in UNSETTLED:
        return []
    from_then_on = {
        OutcomeAnswer.HAPPENED: learning_session.ends_at,
        OutcomeAnswer.THEY_DID_NOT_COME: starts_at + MISSED_FROM,
        OutcomeAnswer.I_COULD_NOT_COME: starts_at,
        OutcomeAnswer.AGREED_NOT_TO: starts_at,
    }
    return [answer for answer, at in from_then_on.items() if at is not None and at <= now]


def give_outcome(
    person: User, public_id: str, *, answer: OutcomeAnswer, now: datetime
) -> LearningSession:
    """Say how a session went, or something else than before, while nothing has settled it.

    Two answers settle it, or make it disputed for 7 days (`VERDICTS`). One alone counts after 72
    hours of silence (`settle_due`), but for "I could not come", which counts at once. Raises
    WrongState before the answer makes sense, when this person has said the same already, and
    once it is settled.
    """
    learning_session = session_of(person, public_id)
    exchanges.lock_people(learning_session.teacher_id, learning_session.learner_id)
    learning_session = session_of(person, public_id)  # again, with what the other just said
    _check_may_say(person, learning_session, answer, now)
    partner = learning_session.partner_of(person)
    theirs = learning_session.answer_of(partner)
    _note(person, learning_session, answer, now)
    if theirs is None and answer is not OutcomeAnswer.I_COULD_NOT_COME:
        over = max(now, learning_session.ends_at or now)
        learning_session.confirm_by = over + CONFIRM_WITHIN
        _tell_answer(person, learning_session, answer, now)
        return learning_session
    state = verdict(answer, theirs)
    if state is not SessionState.DISPUTED:
        absent = person if answer is OutcomeAnswer.I_COULD_NOT_COME else partner
        conclude(learning_session, state, absent=absent, admitted=True, actor=person, at=now)
    elif learning_session.state is SessionState.DISPUTED:  # something else, and still not the same
        _tell_answer(person, learning_session, answer, now)
    else:
        learning_session.move_to(state, now)
        learning_session.confirm_by = now + AGREE_WITHIN
        tell(learning_session, state, actor=person, now=now)
    return learning_session


def _check_may_say(
    person: User, learning_session: LearningSession, answer: OutcomeAnswer, now: datetime
) -> None:
    state = learning_session.state_at(now)
    if state not in UNSETTLED:
        raise WrongState("session", state)
    if answer not in answers_open(learning_session, now):
        raise WrongState("session", "early")
    if learning_session.answer_of(person) is answer:
        raise WrongState("session", "answered")


def complete_by_rating(person: User, learning_session: LearningSession, now: datetime) -> None:
    """Who rates a session says that it happened, and it counts, also when nobody had said so in
    time. The caller has locked both and knows that the other says nothing else."""
    _note(person, learning_session, OutcomeAnswer.HAPPENED, now)
    conclude(
        learning_session,
        SessionState.COMPLETED,
        absent=person,
        admitted=False,
        actor=person,
        at=now,
    )


def _note(
    person: User, learning_session: LearningSession, answer: OutcomeAnswer, now: datetime
) -> None:
    """Each side has one answer: a new one takes the place of the old."""
    for outcome in learning_session.outcomes:
        if outcome.user_id == person.id:
            outcome.answer, outcome.answered_at = answer, now
            return
    key = {"learning_session_id": learning_session.id, "user_id": person.id}
    learning_session.outcomes.append(Outcome(**key, answer=answer, answered_at=now))
    db.session.flush()


def conclude(
    learning_session: LearningSession,
    state: SessionState,
    *,
    absent: User,
    admitted: bool,
    actor: User | None,
    at: datetime,
    now: datetime | None = None,
) -> None:
    """Settle it and tell both: by the one whose answer it was, or by the clock.

    `absent` counts for a no-show only. What did not take place gives both their hours back.
    """
    learning_session.move_to(state, at)
    if state is SessionState.NO_SHOW:
        learning_session.absent_user_id = absent.id
        learning_session.absent_admitted = admitted
    elif state is SessionState.CANCELLED:
        learning_session.sequence += 1
        slots.free([learning_session])
    elif state is SessionState.COMPLETED and actor is not None:
        exchanges.session_kept(learning_session.exchange, at)
    tell(learning_session, state, actor=actor, now=now or at)


def settle(learning_session: LearningSession, now: datetime) -> None:
    """Write what silence has decided about it, if it has. Needs outcomes and people loaded."""
    state = learning_session.state_at(now)
    if state is learning_session.state:
        return
    at = learning_session.confirm_by or now
    absent_id = learning_session.absent_id_at(now)
    teaches = absent_id == learning_session.teacher_id
    absent = learning_session.teacher if teaches else learning_session.learner
    conclude(learning_session, state, absent=absent, admitted=False, actor=None, at=at, now=now)


def _tell_answer(
    person: User, learning_session: LearningSession, answer: OutcomeAnswer, now: datetime
) -> None:
    """The other reads what was said, and until when that can be answered."""
    until = learning_session.confirm_by
    events.record(
        "session.outcome_given",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        skill=learning_session.skill.name,
        starts_at=learning_session.starts_at.isoformat() if learning_session.starts_at else "",
        minutes=learning_session.minutes,
        answer=answer,
        confirm_by=until.isoformat() if until else "",
    )


def tell(
    learning_session: LearningSession, state: SessionState, *, actor: User | None, now: datetime
) -> None:
    """Both read what became of it, but for who did it."""
    until = learning_session.confirm_by
    starts_at = learning_session.starts_at
    events.record(
        "session.completed"
        if state is S.COMPLETED
        else "session.no_show"
        if state is S.NO_SHOW
        else "session.not_held"
        if state is S.CANCELLED
        else "session.disputed"
        if state is S.DISPUTED
        else "session.unconfirmed",
        actor=actor,
        subject=learning_session,
        to=[learning_session.learner, learning_session.teacher],
        now=now,
        skill=learning_session.skill.name,
        starts_at=starts_at.isoformat() if starts_at else "",
        minutes=learning_session.minutes,
        by_clock=actor is None,
        absent=learning_session.absent_user_id,
        disputed=len(learning_session.outcomes) > 1,
        alone=len(learning_session.outcomes) < 2,
        confirm_by=until.isoformat() if until else "",
    )
