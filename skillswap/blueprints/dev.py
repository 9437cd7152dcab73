"""What is there only while SkillSwap is being built: the mails that nobody sent."""

from __future__ import annotations

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from skillswap import addresses, mailing
from skillswap.domain import letters
from skillswap.lib.clock import utcnow
from skillswap.web import render

bp = Blueprint("dev", __name__)
SHOWN = 30


@bp.get("/dev/mail")
def mail() -> ResponseReturnValue:
    """The mails of this place, newest first. Development without SMTP_URL only, 404 elsewhere."""
    settings = addresses.settings()
    if settings.env != "development" or not settings.keeps_mail:
        abort(404)
    now = utcnow()
    mails = [(letter, mailing.write(letter)) for letter in letters.kept(now, SHOWN)]
    return render("dev/mail.html", mails=mails, public_url=settings.public_url)
