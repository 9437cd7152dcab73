"""Who may be seen by whom? SQL conditions that every read of people goes through."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from skillswap.db import db
from skillswap.errors import NotFound
from skillswap.models import User, UserState

SEEN = (UserState.ACTIVE, UserState.LIMITED)


def visible(person: type[User] = User) -> ColumnElement[bool]:
    """Condition: this person (or alias) exists for others.

    Suspended and deleted people do not, anywhere: pages, search, counters.
    """
    return person.state.in_(SEEN)


def person_named(username: str) -> User:
    """The person of that username. Raises NotFound for one who is not there for others."""
    person = db.session.scalar(select(User).where(User.username == username, visible()))
    if person is None:
        raise NotFound("person")
    return person
