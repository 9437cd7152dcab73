"""What can be done from the command line?"""

from __future__ import annotations

import sys

import click
from flask import Flask
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import skills
from skillswap.lib.clock import utcnow
from skillswap.models import StaffRole, User


def register(app: Flask) -> None:
    """Bind the commands."""
    app.cli.add_command(make_moderator)
    app.cli.add_command(load_skills)


@click.command("make-moderator")
@click.argument("email")
@click.option("--admin", is_flag=True, help="Give the admin role instead.")
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
def load_skills() -> None:
    """Write the shipped catalogue of skills into the tables; harmless when run again."""
    with transaction():
        new = skills.load_catalogue(utcnow())
    click.echo(f"{new} new skills." if new != 1 else "1 new skill.")
