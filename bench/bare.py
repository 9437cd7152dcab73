"""The yardstick: a Flask application that answers "ok" and does nothing else."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/healthz")
@app.get("/")
def ok() -> str:
    """Two bytes."""
    return "ok"
