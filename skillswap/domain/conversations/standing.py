"""May this person write to that one?

Partners of a pitch or an exchange may, and two who follow each other. A stranger may once, into
Requests; whoever is asked lets them in, by a word or by answering.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from skillswap.domain.pitch_rules import is_open
from skillswap.models import Exchange, Follow, Pitch

Back = aliased(Follow)
UserId = Any  # an id, or the column of one


class Standing(StrEnum):
    """How one side of a conversation stands."""

    OPEN = "open"  # write as you like
    REQUEST = "request"  # one message, into the other's Requests
    WAITING = "waiting"  # mine waits there
    ASKED = "asked"  # theirs waits for me: an answer lets them in
    FROZEN = "frozen"  # staff look at it; nobody writes


def related(one: UserId, other: UserId, now: datetime) -> ColumnElement[bool]:
    """Condition: the two have to do with each other, so either may write."""
    return or_(_exchanging(one, other), _pitching(one, other, now), _following(one, other))


def _exchanging(one: UserId, other: UserId) -> ColumnElement[bool]:
    """They have, or had, an exchange."""
    return or_(
        exists().where(Exchange.learner_id == one, Exchange.teacher_id == other),
        exists().where(Exchange.learner_id == other, Exchange.teacher_id == one),
    )


def _pitching(one: UserId, other: UserId, now: datetime) -> ColumnElement[bool]:
    """A pitch between them waits for its answer."""
    return or_(
        exists().where(Pitch.learner_id == one, Pitch.teacher_id == other, is_open(now)),
        exists().where(Pitch.learner_id == other, Pitch.teacher_id == one, is_open(now)),
    )


def _following(one: UserId, other: UserId) -> ColumnElement[bool]:
    """Each follows the other."""
    return exists(
        select(Follow.follower_id)
        .join(
            Back,
            and_(Back.follower_id == Follow.followee_id, Back.followee_id == Follow.follower_id),
        )
        .where(Follow.follower_id == one, Follow.followee_id == other)
    )


def standing_of(
    my_id: int,
    *,
    are_related: bool,
    request_from_id: int | None,
    let_in: bool,
    frozen: bool,
) -> Standing:
    """How this side stands, from the columns of the conversation."""
    if frozen:
        return Standing.FROZEN
    if are_related or let_in:
        return Standing.OPEN
    if request_from_id is None:
        return Standing.REQUEST
    return Standing.WAITING if request_from_id == my_id else Standing.ASKED
