"""The front page, Home, the pages that explain, and what machines ask for."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, current_app, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from skillswap.blueprints.email_links import mailbox
from skillswap.blueprints.feed import reading_in
from skillswap.blueprints.posts import short_form
from skillswap.db import db
from skillswap.domain import announcements, email_links, recommending, strikes
from skillswap.domain import home as homes
from skillswap.lib.clock import utcnow
from skillswap.models import ShownIn
from skillswap.web import render, viewer

bp = Blueprint("pages", __name__)

# written anew with each answer, so that it never runs out while the site lives
CONTACT_VALID = timedelta(days=365)
# pages of people are theirs: not for search engines, and no use to a stranger without an account
KEPT_FROM_ROBOTS = (
    "dashboard",
    "email",
    "exchanges",
    "media",
    "notifications",
    "password",
    "people",
    "pitches",
    "saved",
    "sessions",
    "settings",
)


@bp.get("/")
def home() -> ResponseReturnValue:
    """What needs me first, then the feed; for a visitor the front page."""
    person, now = viewer(), utcnow()
    if person is None:
        notes = announcements.for_visitors(now)
        return render("pages/landing.html", welcome=homes.welcome(now), notes=notes)
    return reading_in(
        "pages/home.html",
        "pages.home",
        overview=lambda: homes.home_of(person, now),
        unconfirmed=lambda: email_links.is_unconfirmed(person),
        mailbox=mailbox,
        form=short_form,
        for_me=lambda: recommending.people_for_you(person, ShownIn.HOME, now),
    )


@bp.get("/help", endpoint="help")
def how_it_works() -> ResponseReturnValue:
    """How it works."""
    return render("pages/help.html")


@bp.get("/safety")
def safety() -> ResponseReturnValue:
    """Staying safe, and whom to tell."""
    return render("pages/safety.html", rules=strikes.RULES)


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept about people."""
    return render("pages/privacy.html")


@bp.get("/terms")
def terms() -> ResponseReturnValue:
    """What everybody agrees to."""
    return render("pages/terms.html")


# -- for machines ---------------------------------------------------------------------------------


def _plain(body: str, status: int = 200) -> Response:
    answer = Response(body, status, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/healthz")
def healthz() -> Response:
    """Whether the process answers. Asks nobody, so that a slow database does not end it."""
    return _plain("ok\n")


@bp.get("/readyz")
def readyz() -> Response:
    """Whether the database answers too: 503 while it does not."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return _plain("the database is away\n", 503)
    return _plain("ready\n")


@bp.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Whom to tell about a hole (RFC 9116)."""
    site = current_app.config["SETTINGS"].public_url
    expires = (utcnow() + CONTACT_VALID).strftime("%Y-%m-%dT00:00:00Z")
    lines = [
        f"Contact: {site}{url_for('.safety')}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {site}{url_for('.security_txt')}",
    ]
    return _plain("\n".join(lines) + "\n")


@bp.get("/robots.txt")
def robots_txt() -> Response:
    """Which pages are not for search engines."""
    lines = ["User-agent: *", *(f"Disallow: /{part}" for part in KEPT_FROM_ROBOTS)]
    return _plain("\n".join(lines) + "\n")
