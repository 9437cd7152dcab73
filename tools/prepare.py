"""Bring the database to the newest migration and catalogue; the first time load the demo people.

One process does both, since each start of the app costs about a second. A file lock makes
two servers that start together take turns.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import text

from skillswap import create_app
from skillswap.config import BadSettings
from skillswap.db import db, transaction
from skillswap.domain import catalogue, listings, points, trends
from skillswap.lib.clock import utcnow


def prepare(app: Flask, *, demo: bool) -> None:
    """Migrate and add new skills; with `demo`, fill a database that holds nobody yet."""
    with one_at_a_time(Path(os.environ.get("INSTANCE_PATH") or app.instance_path)):
        command(app, "db", "upgrade")
        with app.app_context(), transaction():
            catalogue.load_catalogue(utcnow())
        with app.app_context():
            unlisted = listings.are_missing() or trends.are_missing()
            uncounted = points.are_missing()
        if unlisted:
            command(app, "reindex")
        if uncounted:
            command(app, "points", "rebuild")
        if demo and is_empty(app):
            print("Loading the demo people ...", flush=True)
            command(app, "demo")


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the start lock of this installation."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def command(app: Flask, *words: str) -> None:
    """Run a `flask` command inside this process, on this app."""
    app.cli.main(list(words), obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)


def is_empty(app: Flask) -> bool:
    """Whether nobody has an account yet."""
    with app.app_context():
        return db.session.execute(text("SELECT 1 FROM users LIMIT 1")).first() is None


if __name__ == "__main__":
    try:
        prepare(create_app(), demo=False)
    except BadSettings as error:
        sys.exit(str(error))
