"""How is a fact recorded, with all that follows from it?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skillswap.db import Model, db
from skillswap.domain import live, points
from skillswap.domain.consequences import FOLLOWS
from skillswap.models import Event, User

# not even the other of the two may notice: who is reminded to rate has not rated yet
ALONE = frozenset({"rating.asked"}) | {
    f"pitch.{verb}"
    for verb in ("held", "unheld", "kept_back", "lapsed")  # its teacher has none
}


def record(
    kind: str,
    /,
    *,
    actor: User | None,
    subject: Model,
    to: Sequence[User],
    now: datetime,
    due_at: datetime | None = None,
    **facts: Any,
) -> Event:
    """Write what happened and run what follows, in the caller's transaction.

    `to` are the people it is told to; `facts` (plain JSON values) are what a sentence about it
    needs; the subject's public id is added to them. An unknown kind is a KeyError at once. If a
    consequence raises, nothing happened. With `gone` the subject's page is no more for them, with
    `due_at` they are told only then.
    """
    if (public_id := getattr(subject, "public_id", None)) and not facts.get("gone"):
        facts["public_id"] = public_id
    if hasattr(subject, "teacher_id"):  # a thing between two: it is there while both are
        facts["between"] = [getattr(subject, "learner_id"), subject.teacher_id]  # noqa: B009
    first = Event(
        kind=kind,
        actor_id=actor.id if actor else None,
        subject_type=subject.__tablename__,
        subject_id=subject.id,  # type: ignore[attr-defined]  # every subject has one
        audience=[user.id for user in to],
        facts=facts,
        happened_at=now,
    )
    first.due_at = due_at  # type: ignore[assignment]  # no column: the mapper must not see it
    waiting = [first]
    while waiting:
        event = waiting.pop(0)
        follows = FOLLOWS[event.kind]
        points.hold(event)  # before it has its number: one person's events count in their order
        db.session.add(event)
        db.session.flush()  # consequences need event.id
        for follow in follows:
            waiting += follow(event) or ()
    _tell(first)
    return first


def _tell(event: Event) -> None:
    """Let open pages that show the subject look at it again. What is told later waits."""
    facts = event.facts
    if event.due_at is None and "public_id" in facts:
        between = facts.get("between", []) if event.kind not in ALONE else event.audience
        subject = f"{event.subject_type}/{facts['public_id']}"
        live.tell({*event.audience, *between}, "changed", subject=subject, between=between)
        live.tell(between, "bell")  # what waits for either may be another number now
