"""How somebody's pitch comes to be held: the same words to three others before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from skillswap.db import transaction
from skillswap.domain import cases, pitches
from skillswap.models import CaseKind, HeldPitch, Pitch, User
from tests import people

WORDS = "Hello {name}, I would love to learn from you on quiet evenings, an hour each week."


def teacher(name: str) -> User:
    """Somebody who can be asked for chess."""
    return people.make_person(name, offers=("Chess", "Piano"))


def send(learner: User, to: User, now: datetime, body: str = WORDS, **typed: Any) -> pitches.Sent:
    """A pitch for chess, by the door that may hold it."""
    with transaction():
        return pitches.send_or_hold(
            learner, to, skill="chess", body=body.format(name=to.first_name), now=now, **typed
        )


def thrice(learner: User, now: datetime, body: str = WORDS) -> list[Pitch]:
    """Three with nearly the same words, two days ago; the last of them is open."""
    made = []
    for name in ("ida", "jon", "kim"):
        one = send(learner, teacher(name), now - timedelta(days=2), body).pitch
        assert one is not None
        made.append(one)
    for one in made[:2]:  # or there would be no room for a fourth
        with transaction():
            pitches.withdraw_pitch(learner, one.public_id, now=now - timedelta(days=2))
    return made


def hold(learner: User, to: User, now: datetime, **typed: Any) -> HeldPitch:
    """The fourth."""
    thrice(learner, now)
    found = send(learner, to, now, **typed).held
    assert found is not None
    return found


def key_of(held: HeldPitch) -> str:
    """The key of its case."""
    table = HeldPitch.__tablename__
    with transaction():
        found = cases.waiting_about(CaseKind.PITCH, table, held.id, held.learner_id)
    assert found is not None
    return found.public_id


def take(staff: User, held: HeldPitch, now: datetime) -> str:
    """The key of its case, which that member of staff has now."""
    key = key_of(held)
    with transaction():
        cases.claim(staff, key, now)
    return key
