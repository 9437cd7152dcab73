"""Rows between tests: which tables hold any, emptying those, and bringing a scene back.

It is asked of the database and not noted while writing, so rows of other processes count too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection

from skillswap.db import db
from skillswap.models.audit import SQLITE

Built = TypeVar("Built")
KEPT_FOR_EVER = {"audit_entries"}  # the database refuses to delete from it
EMPTYING = "empty_what_holds_rows"  # a function in the PostgreSQL database of the tests


def prepare_emptying() -> None:
    """Once for a database: PostgreSQL keeps the plans of a function, and all is one question."""
    if db.engine.dialect.name == "postgresql":
        steps = "\n".join(
            f"IF EXISTS (SELECT FROM {name}) THEN {emptying(name)} END IF;" for name in names()
        )
        with db.engine.begin() as connection:
            connection.exec_driver_sql(
                f"CREATE OR REPLACE FUNCTION {EMPTYING}() RETURNS void LANGUAGE plpgsql "
                f"AS $$ BEGIN {steps} END $$"
            )


def empty() -> None:
    """Delete every row of every table. Objects are let go first, and keep what they know."""
    db.session.expunge_all()
    db.session.rollback()
    connection = db.session.connection()
    if db.engine.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT {EMPTYING}()")
    else:
        for name in full():
            guarded = name in KEPT_FOR_EVER
            for trigger in SQLITE if guarded else ():
                connection.exec_driver_sql(f"DROP TRIGGER {trigger.split()[2]}")
            connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608 - our own names
            for trigger in SQLITE if guarded else ():
                connection.exec_driver_sql(trigger)
    db.session.commit()


def emptying(name: str) -> str:
    """PostgreSQL's words for it."""
    words = f"DELETE FROM {name};"  # noqa: S608 - our own names
    if name not in KEPT_FOR_EVER:
        return words
    off, on = (f"ALTER TABLE {name} {verb} TRIGGER USER;" for verb in ("DISABLE", "ENABLE"))
    return f"{off} {words} {on}"


def empty_all_about(*models: Any) -> None:
    """Delete every row of these tables, and of all tables that point to one of them."""
    gone = {model.__table__ for model in models}
    tables = db.metadata.sorted_tables  # those that point to another behind it
    for table in tables:
        gone |= {table for key in table.foreign_keys if key.column.table in gone}
    for table in reversed(tables):
        if table in gone:
            db.session.execute(table.delete())


def names() -> list[str]:
    """Every table, those that point to another before it."""
    return [table.name for table in reversed(db.metadata.sorted_tables)]


def full() -> list[str]:
    """The tables that hold rows, those that point to another before it. One statement."""
    asked = " UNION ALL ".join(
        f"SELECT {place}, '{name}' WHERE EXISTS (SELECT 1 FROM {name})"  # noqa: S608 - our own names
        for place, name in enumerate(names())
    )
    found = db.session.connection().exec_driver_sql(f"{asked} ORDER BY 1")
    return [name for _, name in found]


@dataclass(frozen=True)
class Scene:
    """All rows there were at a moment, as the database keeps them, by table."""

    rows: dict[str, Any]

    def again(self) -> None:
        """Bring exactly these rows back: what was changed since is undone."""
        empty()
        connection = db.session.connection()
        for name, rows in self.rows.items():
            if db.engine.dialect.name == "postgresql":
                with cursor(connection) as at, at.copy(f"COPY {name} FROM STDIN") as copy:
                    copy.write(rows)
            else:
                places = ", ".join("?" * len(rows[0]))
                connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({places})", rows)  # noqa: S608 - our own names
        db.session.commit()


def scene() -> Scene:
    """What stands in the tables now, to begin there again."""
    db.session.commit()
    connection = db.session.connection()
    rows: dict[str, Any] = {}
    for name in reversed(full()):
        if db.engine.dialect.name == "postgresql":
            with cursor(connection) as at, at.copy(f"COPY {name} TO STDOUT") as copy:
                rows[name] = b"".join(copy)
        else:
            found = connection.exec_driver_sql(f"SELECT * FROM {name}")  # noqa: S608 - our own names
            rows[name] = [tuple(row) for row in found]
    return Scene(rows)


_stages: dict[Callable[[], Any], tuple[Any, Scene]] = {}


def stage(build: Callable[[], Built]) -> Built:
    """What `build` gives, with the rows it makes and no others.

    The first time in a process it is called; after that its rows are brought back. So it must give
    no objects of the database: numbers, keys, times.
    """
    if build in _stages:
        built, begun = _stages[build]
        begun.again()
    else:
        empty()
        built = build()
        _stages[build] = built, scene()
        db.session.expunge_all()
    return built  # type: ignore[no-any-return]


def cursor(connection: Connection) -> psycopg.Cursor[Any]:
    """psycopg's own, within the same transaction."""
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver.cursor()
