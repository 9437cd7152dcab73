"""The extensions, created once and bound to the app in `create_app`."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from sqlalchemy import event

from skillswap.config import ROOT, Settings
from skillswap.db import db

csrf = CSRFProtect()
login_manager = LoginManager()
migrate = Migrate()
# brakes on floods of reads only; what people may do is counted from their rows
limiter = Limiter(get_remote_address, storage_uri="memory://")


def init_extensions(app: Flask, settings: Settings) -> None:
    """Bind them to the app."""
    csrf.init_app(app)
    login_manager.session_protection = None  # sign-in rows do the job; "strong" logs phones out
    login_manager.init_app(app)
    migrate.init_app(
        app,
        db,
        directory=str(ROOT / "migrations"),
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="skillswap.db.",
    )
    limiter.init_app(app)
    if settings.sql_count:
        count_statements(app)


def count_statements(app: Flask) -> None:
    """Print on every answer how many statements it took: `X-SQL-Count`."""
    with app.app_context():
        engine = db.engine

    @event.listens_for(engine, "before_cursor_execute")
    def count(*_args: Any) -> None:
        if g:
            g.sql_count = g.get("sql_count", 0) + 1

    @app.after_request
    def print_count(response: Any) -> Any:
        response.headers["X-SQL-Count"] = str(g.get("sql_count", 0))
        return response
