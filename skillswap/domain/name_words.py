"""Who is found by which words? Owns `person_words` and `word_keys`, made with the names.

A word of a search finds the words it begins and those one slip of the fingers away, on both
engines by indexes alone: every word is kept under itself and under itself less one letter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    and_,
    bindparam,
    delete,
    event,
    exists,
    false,
    func,
    insert,
    inspect,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from skillswap.db import db
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect
from skillswap.lib.spelling import is_close, keys_of
from skillswap.lib.text import search_key
from skillswap.models import PersonWord, User, WordKey
from skillswap.models.person_word import WORD_MOST
from skillswap.models.user import HUES, initials

RENAMED = "renamed"  # in the unit of work: whose names have changed in it
NAMES = ("first_name", "last_name", "username")
AT_ONCE = 500
WORDS_MOST = 4  # of a search
MEANT_MOST = 60  # words that one word of a search may stand for
LOOKED_AT = 1_000  # people behind the rarest word


# -- when they are made anew ----------------------------------------------------------------------


@event.listens_for(Session, "after_flush")
def _notice(unit: Session, _context: object) -> None:
    for one in [*unit.new, *unit.dirty]:
        if isinstance(one, User):
            attributes = inspect(one).attrs
            if any(attributes[name].history.has_changes() for name in NAMES):
                unit.info.setdefault(RENAMED, set()).add(one.id)


@event.listens_for(Session, "before_commit")
def _before_it_is_kept(unit: Session) -> None:
    if not unit.in_nested_transaction():
        db.session.flush()
        ids = sorted(unit.info.pop(RENAMED, ()))
        for first in range(0, len(ids), AT_ONCE):
            keep(ids[first : first + AT_ONCE])


@event.listens_for(Session, "after_rollback")
def _forget(unit: Session) -> None:
    if not unit.in_nested_transaction():  # a savepoint undone leaves the rest to be kept
        unit.info.pop(RENAMED, None)


def words_of(first_name: str, last_name: str, username: str) -> set[str]:
    """What somebody is found by."""
    words = search_key(f"{first_name} {last_name} {username.replace('-', ' ')}").split()
    return {word[:WORD_MOST] for word in words if not word.isdigit()}


def keep(user_ids: Collection[int]) -> None:
    """Make the words of these people anew. A word that nobody is called by any more keeps its
    keys until the next rebuild: it finds nobody."""
    wanted, standing = derive(user_ids), stored(user_ids)
    gone, new = standing - wanted, wanted - standing
    for user_id in {user_id for _word, user_id in gone}:
        words = [word for word, its in gone if its == user_id]
        db.session.execute(
            delete(PersonWord)
            .where(PersonWord.user_id == user_id, PersonWord.word.in_(words))
            .execution_options(synchronize_session=False)
        )
    if new:
        rows = [{"word": word, "user_id": user_id} for word, user_id in sorted(new)]
        db.session.execute(insert(PersonWord), rows)
        _add_keys({word for word, _user_id in new})


def _add_keys(words: set[str]) -> None:
    """Let the words be found. Two at once may add the same ones."""
    known = set(db.session.scalars(select(WordKey.word).where(WordKey.word.in_(words)).distinct()))
    rows = [
        {"key": key, "word": word}
        for word in sorted(words - known)
        for key in sorted(keys_of(word))
    ]
    if rows:
        db.session.execute(_insert_if_new(), rows)


def _insert_if_new() -> Executable:
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    new: Executable = dialect.insert(WordKey.__table__).on_conflict_do_nothing()
    return new


# -- what they are made of, and what stands -------------------------------------------------------

IDS: Any = bindparam("ids", expanding=True)
PEOPLE = select(User.id, User.first_name, User.last_name, User.username).where(User.id.in_(IDS))
STANDING = select(PersonWord.word, PersonWord.user_id).where(PersonWord.user_id.in_(IDS))


def derive(user_ids: Collection[int]) -> set[tuple[str, int]]:
    """The words of these people by their definition. One statement."""
    rows = db.session.execute(PEOPLE, {"ids": list(user_ids)})
    return {(word, user_id) for user_id, *names in rows for word in words_of(*names)}


def stored(user_ids: Collection[int]) -> set[tuple[str, int]]:
    """The words of these people as they stand. One statement."""
    rows = db.session.execute(STANDING, {"ids": list(user_ids)})
    return {(word, user_id) for word, user_id in rows}


def reindex(after: int) -> int | None:
    """Make the words of the next people behind that id anew; returns the last one's id."""
    ids = _some(after)
    if not ids:
        _drop_unused()
        return None
    keep(ids)
    return ids[-1]


def drift() -> Iterator[str]:
    """Whose words differ from their names, and words without all their keys."""
    after = 0
    while ids := _some(after):
        for user_id in sorted({user_id for _word, user_id in derive(ids) ^ stored(ids)}):
            yield f"the words of person {user_id}"
        after = ids[-1]
    unkeyed = select(PersonWord.word).where(
        ~exists().where(WordKey.key == PersonWord.word, WordKey.word == PersonWord.word)
    )
    for word in db.session.scalars(unkeyed.distinct()):
        yield f"the word {word}"


def _some(after: int) -> list[int]:
    query = select(User.id).where(User.id > after).order_by(User.id).limit(AT_ONCE)
    return list(db.session.scalars(query))


def _drop_unused() -> None:
    used = exists().where(PersonWord.word == WordKey.word)
    db.session.execute(delete(WordKey).where(~used).execution_options(synchronize_session=False))


# -- finding --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody whom a search found."""

    id: int
    username: str
    name: str
    headline: str
    initials: str
    hue: int
    avatar_url: str | None


def search_people(typed: str, reader: User | None, limit: int) -> list[Found]:
    """People whose names hold every word of what was typed, or begin with it, or are one slip
    away; the closest first, then the best rated. Three statements at most."""
    typed_words = search_key(typed.replace("\x00", " ")).split()[:WORDS_MOST]
    words = [word[:WORD_MOST] for word in typed_words]
    meant = _meant(words)
    if not words or not all(meant):
        return []
    rows = db.session.execute(_people(_rarest_first(meant), reader)).all()
    ranked = sorted(rows, key=lambda row: (_distance(row, words), -row.rating_rank, row.id))
    return [
        Found(
            row.id,
            row.username,
            f"{row.first_name} {row.last_name}".strip(),
            row.headline,
            initials(row.first_name, row.last_name),
            row.id % HUES + 1,
            f"/media/{row.avatar}" if row.avatar else None,
        )
        for row in ranked[:limit]
    ]


def ids_of(words: Sequence[str]) -> AnySelect:
    """The ids of people of whose names each of the words begins one. Of nobody without words."""
    if not words:
        return select(PersonWord.user_id).where(false())
    first, *others = (word[:WORD_MOST] for word in words)
    query = select(PersonWord.user_id).where(_begins(PersonWord, first))
    for word in others:
        also = aliased(PersonWord)
        query = query.where(exists().where(also.user_id == PersonWord.user_id, _begins(also, word)))
    return query


def _begins(table: type[PersonWord], word: str) -> ColumnElement[bool]:
    """Condition: a row's word begins with that. A range, which an index answers on both engines."""
    return and_(table.word >= word, table.word < word[:-1] + chr(ord(word[-1]) + 1))


def _meant(words: Sequence[str]) -> list[list[str]]:
    """For each word of a search the words of people that it may stand for. One statement."""
    parts = []
    for number, word in enumerate(words):
        begun = (
            select(literal(number).label("number"), PersonWord.word)
            .where(_begins(PersonWord, word))
            .distinct()
            .limit(MEANT_MOST)
        )
        alike = (
            select(literal(number), WordKey.word)
            .where(WordKey.key.in_(sorted(keys_of(word))))
            .distinct()
            .limit(4 * MEANT_MOST)
        )
        parts += [select(begun.subquery()), select(alike.subquery())]
    found: list[list[str]] = [[] for _word in words]
    if parts:
        for number, word in db.session.execute(union_all(*parts)):
            typed = words[number]
            if (word.startswith(typed) or is_close(word, typed)) and word not in found[number]:
                found[number].append(word)
    return found


def _rarest_first(meant: Sequence[list[str]]) -> list[list[str]]:
    """The sets of words in the order of how many people they name, counted just far enough.
    One statement, or none for a single word."""
    if len(meant) == 1:
        return list(meant)
    counts = []
    for words in meant:
        rows = select(PersonWord.user_id).where(PersonWord.word.in_(words)).limit(LOOKED_AT)
        counts.append(select(func.count()).select_from(rows.subquery()).scalar_subquery())
    numbers = db.session.execute(select(*counts)).one()
    return [words for _number, words in sorted(zip(numbers, meant, strict=True))]


def _people(meant: Sequence[list[str]], reader: User | None) -> AnySelect:
    """Whoever has a word of each set, the best rated of them."""
    rare, others = meant[0], meant[1:]
    ids = select(PersonWord.user_id).where(PersonWord.word.in_(rare))
    for words in others:
        also = aliased(PersonWord)
        ids = ids.where(exists().where(also.user_id == PersonWord.user_id, also.word.in_(words)))
    some = ids.distinct().limit(LOOKED_AT).subquery()
    columns = (
        User.id,
        User.username,
        User.first_name,
        User.last_name,
        User.headline,
        User.avatar,
        User.rating_rank,
    )
    return (
        select(*columns)
        .join(some, some.c.user_id == User.id)
        .where(visible(User, to=reader.id if reader else None))
        .order_by(User.rating_rank.desc(), User.id)
        .limit(LOOKED_AT)
    )


def _distance(row: Any, words: Sequence[str]) -> int:
    """How far a name is from what was typed: 0 for each word that is one of it, 1 for each that
    begins one, 2 for each that is a slip away."""
    own = words_of(row.first_name, row.last_name, row.username)
    return sum(
        0 if word in own else 1 if any(one.startswith(word) for one in own) else 2 for word in words
    )
