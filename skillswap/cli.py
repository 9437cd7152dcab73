"""What can be done from the command line?"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from skillswap import demo, live, worker
from skillswap.blueprints.accounts import sealer
from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import (
    catalogue,
    doctor,
    listings,
    media,
    meetings,
    name_words,
    points,
    safety,
    second_steps,
    statistics,
    trends,
)
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import StaffRole, User
from skillswap.sentences import word


def register(app: Flask) -> None:
    """Bind the commands."""
    app.cli.add_command(make_moderator)
    app.cli.add_command(suspend)
    app.cli.add_command(limit)
    app.cli.add_command(restore)
    app.cli.add_command(take_second_step)
    app.cli.add_command(load_skills)
    app.cli.add_command(load_demo)
    app.cli.add_command(demo_code)
    app.cli.add_command(examine)
    app.cli.add_command(reindex)
    app.cli.add_command(points_group)
    app.cli.add_command(statistics_group)
    app.cli.add_command(work)


@click.command("make-moderator")
@click.argument("email")
@click.option("--admin", is_flag=True, help="Give the admin role instead.")
@with_appcontext
def make_moderator(email: str, admin: bool) -> None:
    """Give a person a staff role. There is no default account; this is the way to the first."""
    with transaction():
        person = _person(email)
        role = StaffRole.ADMIN if admin else StaffRole.MODERATOR
        try:
            safety.give_role(person, role, now=utcnow())
        except Refused as error:
            click.echo(word(error.code, error.params), err=True)
            sys.exit(1)
    click.echo(f"{person.name} is now {person.staff_role}.")


def _person(email: str) -> User:
    """Whoever has that address. Ends the command when nobody does."""
    person = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if person is None:
        click.echo("Nobody has this address.", err=True)
        sys.exit(1)
    return person


def _moved(email: str, verb: Callable[[User], None]) -> None:
    """Do that to somebody, and say how they stand."""
    try:
        with transaction():
            person = _person(email)
            verb(person)
    except WrongState as error:
        click.echo(f"This account is {error.state}.", err=True)
        sys.exit(1)
    until = f" until {person.state_until:%Y-%m-%d %H:%M} UTC" if person.state_until else ""
    click.echo(f"{person.name} is now {person.state}{until}.")


DAYS = click.option("--days", type=click.IntRange(1, 3_650), help="Ends by itself after so long.")
REASON = click.option("--reason", default="", help="Why, in your words; kept with the account.")


@click.command("suspend")
@click.argument("email")
@DAYS
@REASON
@with_appcontext
def suspend(email: str, days: int | None, reason: str) -> None:
    """Keep a person out: signed out, seen by nobody, what they had open closed without blame."""
    _moved(email, lambda one: safety.suspend(one, days=days, reason=reason, now=utcnow()))


@click.command("limit")
@click.argument("email")
@DAYS
@REASON
@with_appcontext
def limit(email: str, days: int | None, reason: str) -> None:
    """Let a person finish what is agreed, but not pitch, accept or propose."""
    _moved(email, lambda one: safety.limit(one, days=days, reason=reason, now=utcnow()))


@click.command("take-second-step")
@click.argument("email")
@with_appcontext
def take_second_step(email: str) -> None:
    """Let a person log in by the password alone again: their phone and their codes are gone."""
    _moved(email, lambda one: second_steps.take_away(one, utcnow()))


@click.command("restore")
@click.argument("email")
@with_appcontext
def restore(email: str) -> None:
    """End a suspension or a limitation now."""
    _moved(email, lambda one: safety.restore(one, now=utcnow()))


@click.command("load-skills")
@with_appcontext
def load_skills() -> None:
    """Write the shipped catalogue of skills into the tables; harmless when run again."""
    with transaction():
        new = catalogue.load_catalogue(utcnow())
    click.echo(f"{new} new skills." if new != 1 else "1 new skill.")


@click.command("demo")
@with_appcontext
def load_demo() -> None:
    """Bring in the people of the demo with all they did; harmless when run again."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.production:
        click.echo("The demo people have no place in production.", err=True)
        sys.exit(1)
    if demo.is_loaded():
        click.echo("The demo people are here already.")
        return
    with transaction():
        loaded = demo.load_demo(utcnow(), settings.demo_password, sealer())
    click.echo(f"{loaded.people} people are here now.")


@click.command("demo-code")
@click.argument("username")
@with_appcontext
def demo_code(username: str) -> None:
    """Print the six digits that the phone of mo or root, of the demo's staff, shows now."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.production:
        click.echo("The demo people have no place in production.", err=True)
        sys.exit(1)
    try:
        with transaction():
            digits = demo.code(demo.address_of(username.lower()), sealer(), utcnow())
    except NotFound:
        click.echo("Nobody of the demo's staff has this name.", err=True)
        sys.exit(1)
    click.echo(digits)


@click.command("doctor")
@with_appcontext
def examine() -> None:
    """Ask whether the rows agree with one another. Ends with 1 when something is wrong."""
    settings: Settings = current_app.config["SETTINGS"]
    stored, away = stored_files()
    checks = [*doctor.examine(stored), doctor.Check("files can be reached", away)]
    for check in checks:
        click.echo(check.line)
    for note in [*unset(settings), *at_services(settings)]:
        click.echo(f"note     {note}")
    if not all(check.is_well for check in checks):
        sys.exit(1)


@click.command("reindex")
@with_appcontext
def reindex() -> None:
    """Make anew what lists are searched by and trends are counted from. Harmless at any time."""
    last: int | None = 0
    while last is not None:
        with transaction():
            last = listings.reindex(last, utcnow())
    last = 0
    while last is not None:
        with transaction():
            last = name_words.reindex(last)
    last = 0
    while last is not None:
        with transaction():
            last = trends.reindex(last, utcnow())
    with transaction():
        trends.remember(utcnow())
        trends.refresh(utcnow())
    click.echo("Everybody is listed anew.")


@click.group("points")
def points_group() -> None:
    """The ledger of points."""


@points_group.command("rebuild")
@with_appcontext
def rebuild_points() -> None:
    """Write every line anew from what has happened. Whoever earns points meanwhile waits."""
    with transaction():
        count = points.rebuild()
    click.echo(f"{count} events are counted anew.")


@click.group("statistics")
def statistics_group() -> None:
    """The numbers of days that staff see."""


@statistics_group.command("rebuild")
@with_appcontext
def rebuild_statistics() -> None:
    """Count every day anew from what has happened. Harmless at any time."""
    with transaction():
        count = statistics.rebuild(utcnow())
    click.echo(f"{count} days are counted anew.")


@click.command("work")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@with_appcontext
def work(once: bool) -> None:
    """Send what is due and keep the deadlines, until told to stop (SIGTERM, Ctrl-C).

    The same loop as beside the pages, for a process of its own; set EMBEDDED_WORKER=0 there.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        swept, tried = worker.run_once(app)
        moved = ", ".join(f"{count} {name}" for name, count in swept.items() if count)
        click.echo(f"Moved: {moved or 'nothing'}. Deliveries tried: {tried}.")
        return
    live.speak(app)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker.run(app, stop)


def stored_files() -> tuple[list[str] | None, tuple[str, ...]]:
    """The names of all files, or None with what is wrong where they lie."""
    try:
        return list(media.store().names()), ()
    except OSError as error:
        return None, (str(error),)


def unset(settings: Settings) -> list[str]:
    """What the place could do if a setting were given; nothing of it is trouble."""
    found = [f"Files lie in {media.store().words}."]
    if not settings.redis_url:
        found.append("REDIS_URL is not set: one process only.")
    if settings.smtp is None:
        found.append(
            "SMTP_URL is not set: mails stay here, at /dev/mail."
            if settings.keeps_mail
            else "SMTP_URL is not set: no mail leaves, no address is confirmed, and a forgotten "
            "password cannot be set anew."
        )
    if not settings.vapid_private_key:
        found.append("VAPID_PRIVATE_KEY is not set: no browser can be sent push.")
    if not settings.document_keys:
        found.append("DOCUMENT_KEY is not set: nobody can be verified.")
    if not settings.embedded_worker:
        found.append("EMBEDDED_WORKER is 0: a process with `flask work` has to run.")
    if not settings.flood_limits:
        found.append("FLOOD_LIMITS is 0: nobody is slowed down.")
    if not settings.secure:
        found.append("PUBLIC_URL does not begin with https: cookies travel in the open.")
    return found


def at_services(settings: Settings) -> list[str]:
    """Who makes meetings for us, and how many could not be made; sessions had their own room."""
    named = [("Zoom", settings.zoom), ("Google Meet", settings.google)]
    configured = " and ".join(name for name, account in named if account)
    found = [f"Meetings are made at: {configured or 'no service, Jitsi only'}."]
    if failed := meetings.failed_count():
        found.append(f"Given up at a service: {failed} (sessions have their Jitsi room instead).")
    return found
