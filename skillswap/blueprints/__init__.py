"""Which address leads where? One module for each noun: parse, one domain call, render."""

from __future__ import annotations

from flask import Flask

from skillswap.blueprints import (
    accounts,
    exchanges,
    media,
    notifications,
    pages,
    pitches,
    profiles,
    safety,
    sessions,
    settings,
    teachers,
)

ALL = (
    pages,
    accounts,
    profiles,
    safety,
    settings,
    teachers,
    pitches,
    exchanges,
    sessions,
    notifications,
    media,
)


def register(app: Flask) -> None:
    """Bind every blueprint."""
    for module in ALL:
        app.register_blueprint(module.bp)
