"""What reaches me, and how?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.config import Settings
from skillswap.db import transaction
from skillswap.domain import preferences, push
from skillswap.domain.preferences import LOCKED, Topic
from skillswap.domain.wording import WORDS
from skillswap.forms.preferences import (
    CHANNELS,
    TOPICS,
    PreferencesForm,
    SubscriptionForm,
    Switch,
    name_of,
)
from skillswap.lib.i18n import _
from skillswap.models import Channel
from skillswap.web import after_post, me, notice, render, signed_in

bp = Blueprint("preferences", __name__, url_prefix="/settings")
NEVER = {(Topic.CHAT, Channel.DIGEST)}  # chat is read in its thread, not in the day's letter
PAGE = "settings/notifications.html"


@dataclass(frozen=True, slots=True)
class Cell:
    """One switch as it is printed."""

    channel: str
    name: str
    on: bool
    locked: bool


def settings() -> Settings:
    """Those of this process."""
    found: Settings = current_app.config["SETTINGS"]
    return found


@bp.route("/notifications", methods=["GET", "POST"])
@login_required
def page() -> ResponseReturnValue:
    """A switch for each kind of news on each way out; a valid post moves them."""
    offered = _offered()
    form = PreferencesForm(offered, None if request.method == "POST" else _on(offered))
    if form.validate_on_submit():
        with transaction():
            preferences.move(me().id, form.on, among=offered)
        notice(_("Saved. It holds from the next news on."))
        return after_post(url_for(".page"), "settings/_switches.html", **facts(form))
    return render(PAGE, "settings/_switches.html", status=form.status, **facts(form))


def facts(
    form: PreferencesForm | None = None, subscription: SubscriptionForm | None = None
) -> dict[str, Any]:
    """What the page prints; a form that was refused keeps what was checked."""
    offered = _offered()
    if form is None:
        form = PreferencesForm(offered, _on(offered))
    here = signed_in()
    key = settings().push_key
    return {
        "form": form,
        "rows": [(TOPICS[topic], _cells(topic, form)) for topic in _topics()],
        "channels": [CHANNELS[channel] for channel in _channels()],
        "mails": settings().sends_mail,
        "push_key": key.public if key else "",
        "push_on": here is not None and push.is_on(here),
        "subscription": subscription or SubscriptionForm(formdata=None),
    }


def _topics() -> list[Topic]:
    """Those of which anything is told today, and the account's own."""
    told = {preferences.topic_of(kind) for kind in WORDS} | {Topic.SECURITY, Topic.CHAT}
    return [topic for topic in Topic if topic in told]


def _channels() -> list[Channel]:
    """The ways out that this place has."""
    return [channel for channel in CHANNELS if channel in settings().channels]


def _offered() -> list[Switch]:
    every = [(t, c) for t in _topics() if t not in LOCKED for c in _channels()]
    return [switch for switch in every if switch not in NEVER]


def _on(offered: list[Switch]) -> set[Switch]:
    table = preferences.switches(me().id)
    return {switch for switch in offered if table[switch]}


def _cells(topic: Topic, form: PreferencesForm) -> list[Cell]:
    locked = topic in LOCKED
    return [
        Cell(
            channel=CHANNELS[channel],
            name=name_of((topic, channel)),
            on=channel in preferences.DEFAULTS[topic] if locked else (topic, channel) in form.on,
            locked=locked or (topic, channel) in NEVER,
        )
        for channel in _channels()
    ]
