"""What can a side of a session say about the other, and what can be done with it afterwards?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from skillswap.db import db
from skillswap.domain import (
    events,
    exchanges,
    learning_sessions,
    rating_prompts,
    rating_totals,
)
from skillswap.domain.ratings.confiding import confide
from skillswap.domain.ratings.publishing import WITH_ALL, publish, publish_if_due
from skillswap.domain.ratings.tags import TAGS
from skillswap.errors import NotFound, Refused, Taken, WrongState
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import (
    LearningSession,
    OutcomeAnswer,
    RatedRole,
    Rating,
    RatingState,
    SessionState,
    User,
)
from skillswap.models.learning_session import ANSWER_WITHIN
from skillswap.models.rating import (
    BODY_MOST,
    RATE_WITHIN,
    REPLY_MOST,
    REPLY_WITHIN,
    STARS,
    TAGS_MOST,
)

S = SessionState
RATEABLE = (S.COMPLETED, S.SCHEDULED, S.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class _Words:
    """What was typed."""

    stars: int | None
    tags: Sequence[str]
    body: str
    meet_again: bool | None
    pitch_stars: int | None
    private_body: str


def rate_session(
    person: User,
    session_public_id: str,
    *,
    stars: int | None,
    tags: Sequence[str] = (),
    body: str = "",
    meet_again: bool | None = None,
    pitch_stars: int | None = None,
    private_body: str = "",
    now: datetime,
) -> Rating:
    """Seal a rating of my partner in a session, or change the one that is sealed.

    Once the partner has sealed theirs too, both are published in this instant; otherwise when the
    14 days are over. A session that nobody has settled is completed by it. Raises NotFound for
    strangers, Refused or Taken when it cannot be rated (`why_not`) or something typed cannot be
    taken; then nothing is written.
    """
    one = learning_sessions.session_of(person, session_public_id)
    exchanges.lock_people(one.teacher_id, one.learner_id)
    one = learning_sessions.session_of(person, session_public_id)
    given = _given(one)
    mine, theirs = given.get(person.id), given.get(one.partner_of(person).id)
    if problem := why_not(person, one, mine, now):
        raise problem
    said = _Words(stars, tags, body, meet_again, pitch_stars, private_body)
    is_first = mine is None
    mine = _keep(person, one, mine, said, now)
    confide(person, mine, one, now)
    events.record(  # nobody is told
        "rating.sealed" if is_first else "rating.changed",
        actor=person,
        subject=mine,
        to=[],
        now=now,
    )
    if theirs is not None:
        sealed = [rating for rating in (theirs, mine) if rating.state is RatingState.SEALED]
        publish(sealed, actor=person, at=now, now=now)
    return mine


def _keep(
    person: User, one: LearningSession, mine: Rating | None, said: _Words, now: datetime
) -> Rating:
    """Write what was said; with the first rating of a session that is not settled, it is."""
    partner = one.partner_of(person)
    role = role_of(partner, one)
    columns = _checked(said, role, with_pitch=asks_about_pitch(person, one))
    if mine is None:
        mine = Rating(
            learning_session=one,
            rater=one.partner_of(partner),  # not `person`, who may be of another unit of work
            rated=partner,
            rated_role=role,
            created_at=now,
            publish_by=now + RATE_WITHIN,
        )
        db.session.add(mine)
    else:
        mine.edited_at = now
    for name, value in columns.items():
        setattr(mine, name, value)
    db.session.flush()  # before the completion asks who has rated
    _settle(person, one, now)
    mine.publish_by = (one.ended_at or now) + RATE_WITHIN
    rating_prompts.forget(one.id, person.id)
    db.session.flush()
    return mine


def _given(one: LearningSession) -> dict[int, Rating]:
    """What was given for a session so far, by who gave it. Session and people are loaded."""
    found = db.session.scalars(
        select(Rating)
        .where(Rating.learning_session_id == one.id)
        .execution_options(populate_existing=True)
    )
    return {rating.rater_id: rating for rating in found}


def _settle(person: User, one: LearningSession, now: datetime) -> None:
    """It is completed once somebody has rated it."""
    if one.state_at(now) is S.COMPLETED:
        learning_sessions.settle(one, now)
    if one.state is not S.COMPLETED:
        learning_sessions.complete_by_rating(person, one, now)


# -- may it be rated ------------------------------------------------------------------------------


def role_of(rated: User, one: LearningSession) -> RatedRole:
    """What this one of the two was in the session."""
    return RatedRole.TEACHER if rated.id == one.teacher_id else RatedRole.LEARNER


def asks_about_pitch(person: User, one: LearningSession) -> bool:
    """Whether this person is asked how clear the pitch was: it came to them, and they taught."""
    return person.id == one.teacher_id == one.exchange.teacher_id


def rate_by(one: LearningSession, now: datetime) -> datetime | None:
    """Until when the session can be rated, by the clock: 14 days from its completion, or from
    when it was given up as unconfirmed. None while it is not over, or did not take place."""
    state = one.state_at(now)
    if state is S.COMPLETED:
        since = one.ended_at or one.confirm_by
        return since + RATE_WITHIN if since else None
    if state not in RATEABLE or one.ends_at is None or not one.is_over(now):
        return None
    return (one.confirm_by or one.ends_at + ANSWER_WITHIN) + RATE_WITHIN


def why_not(
    person: User, one: LearningSession, mine: Rating | None, now: datetime
) -> Refused | None:
    """Why this person cannot rate that session, or change what they gave; None when they can.

    `mine` is what they gave. Nothing depends on what the partner gave.
    """
    if mine is not None and mine.state_at(now) is not RatingState.SEALED:
        held = mine.state is RatingState.HELD
        return Taken("stars", "rating_held" if held else "rating_published")
    state = one.state_at(now)
    until = rate_by(one, now)
    if state is S.DISPUTED:
        return Refused("stars", "rate_disputed")
    if until is None:
        code = "rate_not_over" if state in (S.SCHEDULED, S.PROPOSED) else "rate_not_kept"
        return Refused("stars", code)
    said = one.answer_of(one.partner_of(person))
    if state is not S.COMPLETED and said not in (None, OutcomeAnswer.HAPPENED):
        return Refused("stars", "rate_disputed")
    return Refused("stars", "rate_too_late") if until <= now else None


# -- what was typed -------------------------------------------------------------------------------


def _checked(said: _Words, role: RatedRole, *, with_pitch: bool) -> dict[str, Any]:
    """The columns it is kept in. Raises Refused for the first thing that cannot be taken."""
    if said.stars is None:
        raise Refused("stars", "stars_needed")
    pitch_stars = said.pitch_stars if with_pitch else None
    for name, stars in (("stars", said.stars), ("pitch_stars", pitch_stars)):
        if stars is not None and stars not in STARS:
            raise Refused(name, "stars_range")
    chosen = set(said.tags)
    if not chosen <= TAGS[role].keys():
        raise Refused("tags", "unknown_tag")
    if len(chosen) > TAGS_MOST:
        raise Refused("tags", "too_many_tags", limit=TAGS_MOST)
    return {
        "stars": said.stars,
        "tags": [code for code in TAGS[role] if code in chosen],
        "body": _text("body", said.body, BODY_MOST),
        "meet_again": said.meet_again,
        "pitch_stars": pitch_stars,
        "private_body": _text("private_body", said.private_body, BODY_MOST),
    }


def _text(field: str, typed: str, most: int) -> str:
    try:
        text = clean_body(typed)
    except Unprintable:
        raise Refused(field, "control_characters") from None
    if len(text) > most:
        raise Refused(field, "too_long", limit=most)
    return text


# -- afterwards -----------------------------------------------------------------------------------


def reply_to_rating(person: User, public_id: str, *, body: str, now: datetime) -> Rating:
    """Answer a published rating of me in public: once, within 30 days.

    Raises NotFound unless it is of this person and published, Refused without words, with too
    many or too late, Taken the second time.
    """
    rating = _locked(public_id, Rating.rated_id == person.id)
    if rating.state_at(now) is not RatingState.PUBLISHED:
        raise NotFound("rating")
    if rating.replied_at is not None:
        raise Taken("body", "reply_given")
    if rating.since + REPLY_WITHIN <= now:
        raise Refused("body", "reply_too_late")
    text = _text("body", body, REPLY_MOST)
    if not text:
        raise Refused("body", "required")
    publish_if_due(rating, now)
    rating.reply_body, rating.replied_at = text, now
    _tell("rating.replied", rating, person, rating.rater, now)
    return rating


def retract_rating(person: User, public_id: str, *, now: datetime) -> Rating:
    """Take a published rating back, once and for good: it is shown and counted no more.

    Raises NotFound unless this person gave it, WrongState unless it is published.
    """
    rating = _locked(public_id, Rating.rater_id == person.id)
    publish_if_due(rating, now)
    rating.move_to(RatingState.RETRACTED)
    rating.retracted_at = now
    rating_totals.recount(rating.rated, rating.rated_role)
    _tell("rating.retracted", rating, person, rating.rated, now)
    return rating


def _tell(kind: str, rating: Rating, actor: User, to: User, now: datetime) -> None:
    one = rating.learning_session
    events.record(
        kind,
        actor=actor,
        subject=one,
        to=[to],
        now=now,
        skill=one.skill.name,
        starts_at=one.starts_at.isoformat() if one.starts_at else "",
    )


def _locked(public_id: str, *which: ColumnElement[bool]) -> Rating:
    """A rating with both its people held. Raises NotFound."""
    query = (
        select(Rating)
        .where(Rating.public_id == public_id, *which)
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )
    rating = db.session.scalar(query)
    if rating is None:
        raise NotFound("rating")
    exchanges.lock_people(rating.rater_id, rating.rated_id)
    return db.session.scalars(query).one()  # again, as it stands now


# -- staff ----------------------------------------------------------------------------------------


def hold_rating(staff: User, public_id: str, *, now: datetime) -> Rating:
    """Keep a rating out of sight while staff look at it. For a breach of the rules only."""
    return _by_staff(staff, public_id, RatingState.HELD, now)


def hide_rating(staff: User, public_id: str, *, now: datetime) -> Rating:
    """Take a rating out of sight for a breach of the rules."""
    return _by_staff(staff, public_id, RatingState.HIDDEN, now)


def release_rating(staff: User, public_id: str, *, now: datetime) -> Rating:
    """Let a held or hidden rating be what it would be without staff: sealed or published."""
    rating = _staffs(staff, public_id)
    if rating.state not in (RatingState.HELD, RatingState.HIDDEN):
        raise WrongState("rating", rating.state)
    pair = select(func.count()).where(
        Rating.learning_session_id == rating.learning_session_id, Rating.id != rating.id
    )
    is_whole = bool(db.session.scalar(pair))
    events.record("rating.released", actor=staff, subject=rating, to=[], now=now)
    if rating.published_at is None and not is_whole and rating.publish_by > now:
        rating.move_to(RatingState.SEALED)
    elif rating.published_at is None:
        publish([rating], actor=None, at=now, now=now)
    else:
        rating.move_to(RatingState.PUBLISHED)
        rating_totals.recount(rating.rated, rating.rated_role)
    return rating


def _by_staff(staff: User, public_id: str, state: RatingState, now: datetime) -> Rating:
    rating = _staffs(staff, public_id)
    publish_if_due(rating, now)
    rating.move_to(state)
    rating_totals.recount(rating.rated, rating.rated_role)
    events.record(
        "rating.held" if state is RatingState.HELD else "rating.hidden",
        actor=staff,
        subject=rating,
        to=[],
        now=now,
    )
    return rating


def _staffs(staff: User, public_id: str) -> Rating:
    if not staff.is_staff:
        raise NotFound("rating")
    return _locked(public_id)
