"""How do rows get written, and when? The database, its types and the one transaction."""

from __future__ import annotations

import random
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    Select,
    SQLColumnExpression,
    String,
    TypeDecorator,
    event,
    literal,
    literal_column,
)
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry
from sqlalchemy.types import TypeEngine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WRITE_WAIT_SECONDS = 5.0

# an instant, or the place of one in a statement that is put together once
Instant = datetime | SQLColumnExpression[datetime]

# SQLite knows one integer; a BIGINT primary key there would lose the row id
BigId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: timestamptz on PostgreSQL, integer microseconds on SQLite. Naive values raise."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a row holds: a cursor of other things is a forged one."""
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no instant; pass an aware one")
        if dialect.name == "sqlite":
            return (value - EPOCH) // timedelta(microseconds=1)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return EPOCH + timedelta(microseconds=value)
        instant: datetime = value
        return instant.astimezone(UTC)


class Span(TypeDecorator[timedelta]):
    """A length of time to reckon with in a statement: it fits what UtcDateTime keeps."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(INTERVAL())

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return value // timedelta(microseconds=1)


def earlier(now: Instant, span: timedelta) -> Instant:
    """That long before: an instant, or its place in a statement that is put together once."""
    return now - span if isinstance(now, datetime) else now - literal(span, Span())


class Base(DeclarativeBase):
    """What every table shares. The registry is explicit: Flask-SQLAlchemy needs it so."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime, int: Integer},
    )


# expire_on_commit off: after the commit a template still reads the objects, without a query
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def choice(values: type[StrEnum]) -> Enum:
    """A column of that enumeration: a short string which a named CHECK holds to its values."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", values.__name__).lower()
    return Enum(
        values,
        native_enum=False,
        create_constraint=True,
        length=20,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


def spelled(value: StrEnum) -> ColumnElement[str]:
    """A member of one of our enumerations, to compare with: it stands in the statement itself.

    SQLite prepares a statement anew at each execution when a parameter of it might fit a partial
    index (`WHERE state = …`): for the frame that took twenty times as long as running it.
    """
    return literal_column(f"'{value}'")


def new_public_id() -> str:
    """Twelve random URL-safe characters: what an address shows instead of the row's number."""
    return secrets.token_urlsafe(9)


def public_id() -> Mapped[str]:
    """The column for it."""
    return mapped_column(String(12), unique=True, default=new_public_id)


@contextmanager
def transaction() -> Iterator[None]:
    """Everything inside is written, or nothing is. The only commit in the house.

    On an exception the objects are let go first, so that the answer may still print
    what it had loaded, without a query.
    """
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.expunge_all()
        db.session.rollback()
        _settle("undone")
        raise
    _settle("kept")


def let_go() -> None:
    """Give the connection back, before something slow that asks the database nothing more."""
    db.session.remove()


def afterwards(
    *, kept: Callable[[], object] | None = None, undone: Callable[[], object] | None = None
) -> None:
    """Do something to the world outside once the open transaction is `kept`, or `undone`.

    For files: one that is written before its row goes away with it. What is done must not raise.
    """
    waiting = db.session.info.setdefault("afterwards", [])
    waiting.append({"kept": kept, "undone": undone})


def _settle(end: str) -> None:
    for ends in db.session.info.pop("afterwards", []):
        if ends[end] is not None:
            ends[end]()


def has_unsaved_writes() -> bool:
    """Whether the open unit of work holds writes nobody has committed. A test guard asks."""
    return bool(db.session.info.get("unsaved"))


@event.listens_for(Session, "after_flush")
def _mark_flushed(unit: Session, _context: object) -> None:
    unit.info["unsaved"] = True


@event.listens_for(Session, "do_orm_execute")
def _mark_executed(state: Any) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info["unsaved"] = True


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _clear_unsaved(unit: Session) -> None:
    unit.info.pop("unsaved", None)


def init_db(app: Flask) -> None:
    """Bind the database to the app and teach SQLite to take turns."""
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            take_turns(db.engine)


def engine_options(url: str) -> dict[str, Any]:
    """Pool and driver settings for a database address.

    What a statement carried stays out of errors and so out of the log: it may be a mailed link.
    """
    if url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": 0, "check_same_thread": False},
            "pool_size": 16,
            "max_overflow": 32,
            "pool_timeout": 10,
        }
    return {
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 5,
        "pool_timeout": 5,
        "pool_pre_ping": True,
    }


_READS = ("SELECT", "PRAGMA", "EXPLAIN")


def _is_write(statement: str, context: Any) -> bool:
    """Everything is a write unless it is surely a read: the safe way round."""
    compiled = getattr(context, "compiled", None)
    query = getattr(compiled, "statement", None)
    if isinstance(query, Select | CompoundSelect):
        # private, pinned by the lock file and by tests/db/test_transactions.py
        return query._for_update_arg is not None
    return not statement.lstrip().upper().startswith(_READS)


def _begin_immediate(connection: sqlite3.Connection) -> None:
    """Open the write transaction; another process may hold the file, so try for a while."""
    give_up = time.monotonic() + WRITE_WAIT_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(0.001, 0.02))  # noqa: S311 - jitter, not a secret
        else:
            return


def take_turns(engine: Engine) -> None:
    """SQLite: reads in autocommit, BEGIN IMMEDIATE at the first write, one writer at a time.

    The in-process lock is cooperative once gevent has patched threading, so a waiting writer
    never freezes the loop; across processes BEGIN is retried (RUNTIME: no lost update, no
    "database is locked", also with a yield inside a transaction).
    """
    writer = threading.Lock()

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are opened here, not by the driver
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=0"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "before_cursor_execute")
    def lock_before_write(
        conn: Any, _cursor: Any, statement: str, _params: Any, context: Any, _many: bool
    ) -> None:
        record = conn.connection
        raw = record.driver_connection
        if raw.in_transaction or not _is_write(statement, context):
            return
        if not writer.acquire(timeout=WRITE_WAIT_SECONDS):
            raise sqlite3.OperationalError("database is locked")
        try:
            _begin_immediate(raw)
        except BaseException:
            writer.release()
            raise
        record.info["writing"] = True

    def release(info: dict[Any, Any]) -> None:
        if info.pop("writing", None):
            writer.release()

    def ended(conn: Any) -> None:
        if not conn.invalidated:  # or it has no connection any more; the nets below did it
            release(conn.connection.info)

    event.listen(engine, "commit", ended)
    event.listen(engine, "rollback", ended)
    # nets: a connection may leave the pool, or return to it, without either

    @event.listens_for(engine, "reset")
    def reset(_connection: object, record: Any, _state: object) -> None:
        release(record.info)

    @event.listens_for(engine, "close")
    def close(_connection: object, record: Any) -> None:
        release(record.info)

    @event.listens_for(engine, "invalidate")
    @event.listens_for(engine, "soft_invalidate")
    def invalidate(_connection: object, record: Any, _exception: object) -> None:
        release(record.info)


def use_wal(engine: Engine) -> None:
    """Once for a SQLite file: readers and the writer stop waiting for each other."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
