"""Push to this browser: on, off, and the script that shows what arrives."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints import preferences
from skillswap.db import transaction
from skillswap.domain import push
from skillswap.errors import NotFound, Refused
from skillswap.forms.preferences import SubscriptionForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.lib.push import Address
from skillswap.models import SignIn
from skillswap.web import after_post, notice, render, signed_in

bp = Blueprint("push", __name__)
CARD = "settings/_push.html"


@bp.post("/push/subscribe")
@login_required
def subscribe() -> ResponseReturnValue:
    """Send push to the browser that asks. Its script fills the form."""
    form = SubscriptionForm()
    if form.validate_on_submit():
        try:
            with transaction():
                push.subscribe(
                    _here(),
                    Address(**form.address),
                    hosts=preferences.settings().push_hosts,
                    device=request.user_agent.string,
                    now=utcnow(),
                )
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Push is on in this browser."))
            return after_post(url_for("preferences.page"), CARD, **preferences.facts())
    facts = preferences.facts(subscription=form)
    return render(preferences.PAGE, CARD, status=form.status, **facts)


@bp.post("/push/unsubscribe")
@login_required
def unsubscribe() -> ResponseReturnValue:
    """Send no more push to the browser that asks."""
    with transaction():
        push.unsubscribe(_here())
    notice(_("Push is off in this browser."))
    return after_post(url_for("preferences.page"), CARD, **preferences.facts())


def _here() -> SignIn:
    here = signed_in()
    if here is None or preferences.settings().push_key is None:
        raise NotFound("push")
    return here


@bp.get("/sw.js")
def worker() -> Response:
    """The service worker: at the root, so that it may open any page; asked for anew each time."""
    script = Path(current_app.root_path) / "static" / "js" / "sw.js"
    answer = Response(script.read_bytes(), content_type="text/javascript; charset=utf-8")
    answer.headers["Service-Worker-Allowed"] = "/"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """How the site looks among installed apps: iPhones take push only from those."""
    icon = current_app.jinja_env.globals["static_url"]("icons/favicon.svg")  # type: ignore[operator]
    answer = jsonify(
        name="SkillSwap",
        short_name="SkillSwap",
        start_url=url_for("pages.home"),
        scope="/",
        display="standalone",
        background_color="#fbf8f2",
        theme_color="#fbf8f2",
        icons=[{"src": icon, "sizes": "any", "type": "image/svg+xml"}],
    )
    answer.mimetype = "application/manifest+json"
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
