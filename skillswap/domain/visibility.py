"""Who may be seen by whom? SQL conditions that every read of people goes through."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from skillswap.models import User, UserState

SEEN = (UserState.ACTIVE, UserState.LIMITED)


def visible(person: type[User] = User) -> ColumnElement[bool]:
    """Condition: this person (or alias) exists for others.

    Suspended and deleted people do not, anywhere: pages, search, counters.
    """
    return person.state.in_(SEEN)
