"""Who may be seen by whom? SQL conditions that every read of people goes through."""

from __future__ import annotations

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, select

from skillswap.db import db, spelled
from skillswap.errors import NotFound
from skillswap.models import Block, User, UserState

SEEN = (UserState.ACTIVE, UserState.LIMITED)

# who reads: an id, the place of one in a statement that is kept, or None for a visitor
Reader = int | SQLColumnExpression[int] | None


def visible(person: type[User] = User, *, to: Reader = None) -> ColumnElement[bool]:
    """Condition: this person (or alias) exists for the reader.

    Suspended and deleted people exist for nobody, and two of whom one has blocked the other do
    not exist for each other: in pages, lists, search and counts alike.
    """
    # constants of the statement: a list of parameters is spelled out anew at every execution
    seen = person.state.in_([spelled(state) for state in SEEN])
    return seen if to is None else and_(seen, apart(person.id, to))


def apart(
    person_id: SQLColumnExpression[int], reader: int | SQLColumnExpression[int]
) -> ColumnElement[bool]:
    """Condition: no block stands between the two, whoever made it.

    The reader's few blocks are read once for a whole list, each side through its own index.
    """
    by_reader = select(Block.blocked_id).where(Block.blocker_id == reader)
    of_reader = select(Block.blocker_id).where(Block.blocked_id == reader)
    # said outright: two levels down a reader who is a column would be looked for anew
    return and_(
        person_id.not_in(by_reader.correlate_except(Block)),
        person_id.not_in(of_reader.correlate_except(Block)),
    )


def person_named(username: str, *, to: Reader = None) -> User:
    """The person of that username. Raises NotFound for one who is not there for the reader."""
    person = db.session.scalar(select(User).where(User.username == username, visible(to=to)))
    if person is None:
        raise NotFound("person")
    return person
