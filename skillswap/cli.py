"""What can be done from the command line?"""

from __future__ import annotations

import sys

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from skillswap import demo
from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import doctor, skills
from skillswap.lib.clock import utcnow
from skillswap.lib.storage import Folder
from skillswap.models import StaffRole, User


def register(app: Flask) -> None:
    """Bind the commands."""
    app.cli.add_command(make_moderator)
    app.cli.add_command(load_skills)
    app.cli.add_command(load_demo)
    app.cli.add_command(examine)


@click.command("make-moderator")
@click.argument("email")
@click.option("--admin", is_flag=True, help="Give the admin role instead.")
@with_appcontext
def make_moderator(email: str, admin: bool) -> None:
    """Give a person a staff role. There is no default account; this is the way to the first."""
    with transaction():
        person = db.session.scalar(select(User).where(User.email == email.strip().lower()))
        if person is None:
            click.echo("Nobody has this address.", err=True)
            sys.exit(1)
        person.staff_role = StaffRole.ADMIN if admin else StaffRole.MODERATOR
    click.echo(f"{person.name} is now {person.staff_role}.")


@click.command("load-skills")
@with_appcontext
def load_skills() -> None:
    """Write the shipped catalogue of skills into the tables; harmless when run again."""
    with transaction():
        new = skills.load_catalogue(utcnow())
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
        loaded = demo.load_demo(utcnow(), settings.demo_password)
    click.echo(f"{loaded.people} people are here now.")


@click.command("doctor")
@with_appcontext
def examine() -> None:
    """Ask whether the rows agree with one another. Ends with 1 when something is wrong."""
    settings: Settings = current_app.config["SETTINGS"]
    checks = doctor.examine(list(Folder(settings.media_folder).names()))
    for check in checks:
        click.echo(check.line)
    for setting in unset(settings):
        click.echo(f"note     {setting}")
    if not all(check.is_well for check in checks):
        sys.exit(1)


def unset(settings: Settings) -> list[str]:
    """What the place could do if a setting were given; nothing of it is trouble."""
    found = []
    if not settings.redis_url:
        found.append("REDIS_URL is not set: one process only.")
    if not settings.flood_limits:
        found.append("FLOOD_LIMITS is 0: nobody is slowed down.")
    if not settings.secure:
        found.append("PUBLIC_URL does not begin with https: cookies travel in the open.")
    return found
