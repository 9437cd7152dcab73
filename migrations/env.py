"""How do migrations run? On both engines, with foreign keys off while SQLite rebuilds tables."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from skillswap import models  # noqa: F401 - the tables
from skillswap.db import db, use_wal

LOCK_TIMEOUT, STATEMENT_TIMEOUT = "4s", "60s"


def run(connection: Connection) -> None:
    """Migrate over one connection."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # a batch rebuild of a parent table with foreign keys on deletes every child row
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    options: dict[str, Any] = dict(current_app.extensions["migrate"].configure_args)
    context.configure(connection=connection, target_metadata=db.metadata, **options)
    with context.begin_transaction():
        if not sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
        context.run_migrations()
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"rows without their parents: {broken[:5]}")
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    use_wal(db.engine)
    with db.engine.connect() as own:
        run(own)
        own.commit()
