"""How does an answer leave? Page or fragment, who asks, notices, and the pages for errors."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field
from typing import Any

import flask
from flask import (
    Flask,
    Response,
    flash,
    g,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy import inspect
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from skillswap.askers import admin_only as admin_only
from skillswap.askers import asking as asking
from skillswap.askers import current_path, unauthorized
from skillswap.askers import me as me
from skillswap.askers import signed_in as signed_in
from skillswap.askers import staff_only as staff_only
from skillswap.askers import stepped_up as stepped_up
from skillswap.askers import viewer as viewer
from skillswap.db import transaction
from skillswap.domain import frame as frames
from skillswap.domain.badge_words import words_of
from skillswap.domain.notifications import Face
from skillswap.errors import DomainError, NotAllowed, Refused, TooMany, WrongState
from skillswap.extensions import login_manager
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import BadgeCode, User
from skillswap.onward import PAGES, PLACES, first_sentence, pressed_in
from skillswap.onward import safe_next as safe_next
from skillswap.onward import wants_fragment as wants_fragment
from skillswap.sentences import word, word_state

log = logging.getLogger(__name__)
VARY = ("HX-Request", "HX-Request-Type")


@dataclass(slots=True)
class Frame:
    """What the layout prints around every page."""

    me: User | None
    csrf: str
    place: str
    unread_notifications: int = 0
    waiting_pitches: int = 0
    waiting_sessions: int = 0
    unread_chats: int = 0
    open_cases: int = 0
    open_contests: int = 0
    notices: list[tuple[str, str]] = field(default_factory=list)

    @property
    def face(self) -> Face | None:
        """Who is signed in, as the menu prints it."""
        me = self.me
        return Face(me.username, me.name, me.initials, me.hue, me.avatar_url) if me else None

    @property
    def needs_me(self) -> int:
        """How many things wait for this person."""
        return self.waiting_pitches + self.waiting_sessions

    @property
    def is_staff(self) -> bool:
        """Whether the moderators' entry is printed."""
        return self.me is not None and self.me.is_staff


def render(
    page: str, fragment: str | None = None, *, status: int = 200, **context: Any
) -> ResponseReturnValue:
    """The page, or for htmx its fragment alone, with the notices beside it.

    What went wrong with a button of a card is said where the card is.
    """
    if status >= 400 and pressed_in():
        return _toast(first_sentence(context.values()) or DEFAULTS[422], status)
    if fragment is not None and wants_fragment():
        html = render_template(fragment, **context) + _notices_beside()
    else:
        html = render_template(page, **context)
    return make_response(html, status)


def _notices_beside() -> str:
    """Notices of this request as a second target of the same answer."""
    notices = get_flashed_messages(with_categories=True)
    return render_template("_notices_beside.html", notices=notices) if notices else ""


def _counts_beside() -> str:
    """The bell and the main entries, when what was just done changed their numbers."""
    before: frames.SignedIn | None = g.get("signed_in")
    after = frames.signed_in(before.sign_in.token, utcnow()) if before else None
    if before is None or after is None or after.counts == before.counts:
        return ""
    g.signed_in = after
    for kind, text in _earned(after):
        notice(text, kind)
    bell = after.unread_notifications != before.unread_notifications
    return render_template("_counts_beside.html", bell=bell, entries=after.needs != before.needs)


def _earned(here: frames.SignedIn) -> list[tuple[str, str]]:
    """The notice of a badge that was just earned: once on each device, and not once it is read."""
    number, _colon, code = (here.badge_news or "0:").partition(":")
    if int(number) <= flask.session.get("badge_said", 0):
        return []
    flask.session["badge_said"] = int(number)
    badge = words_of(BadgeCode(code)).name
    return [("badge", _("You earned a badge: {badge}").format(badge=badge))]


def after_post(url: str, fragment: str | None = None, **context: Any) -> ResponseReturnValue:
    """After a change: the fragment for htmx, otherwise 303 to a page that shows it.

    Without a fragment htmx is sent to the page too. A card in a thread is answered in its thread.
    """
    if pressed_in():
        return redirect(pressed_in(), 303)
    if wants_fragment():
        if fragment is not None:
            counts = _counts_beside()  # first, so that the fragment prints the new ones too
            return make_response(render_template(fragment, **context) + counts + _notices_beside())
        return Response(status=204, headers={"HX-Location": url})
    return redirect(url, 303)


def notice(text: str, kind: str = "ok") -> None:
    """Say something once, on the next answer this person gets."""
    flash(text, kind)


def cursor() -> str | None:
    """The keyset cursor of the address, if there is one."""
    return request.args.get("after") or None


# the same for everybody
NOBODYS = frozenset({"static", "media.show", "pages.healthz", "push.worker", "push.manifest"})


def _load_person() -> None:
    """Before the view: who asks, and the counts of the frame. Static files ask nobody."""
    if request.endpoint is None or request.endpoint in NOBODYS:
        return
    if not current_user.is_authenticated:
        return
    here: frames.SignedIn = g.signed_in
    now = utcnow()
    if here.sign_in.seen_at + frames.SEEN_EVERY <= now:
        with transaction():
            frames.seen(here.sign_in, now)


def load_sign_in(token: str) -> Any:
    """Flask-Login's loader: the SignIn behind the cookie's token."""
    g.signed_in = frames.signed_in(token, utcnow())
    return g.signed_in.sign_in if g.signed_in else None


_tokens: dict[str, str] = {}  # signed, by what the cookie holds
TOKENS_KEPT = 10_000


def csrf_token() -> str:
    """The token of this visit's forms: signed once, since it has no age (WTF_CSRF_TIME_LIMIT)."""
    if "csrf" in g:  # of the page behind a socket
        return str(g.csrf)
    token = _tokens.get(flask.session.get("csrf_token", ""))
    if token is None:
        token = generate_csrf()
        if len(_tokens) >= TOKENS_KEPT:
            _tokens.clear()
        _tokens[flask.session["csrf_token"]] = token
    return token


def _frame() -> dict[str, Any]:
    here: frames.SignedIn | None = g.get("signed_in")
    if here and inspect(here.sign_in).expired:  # a flush that fails empties what was loaded
        here = g.signed_in = frames.signed_in(here.sign_in.token, utcnow())
    place = PLACES.get(request.blueprint or "", "")
    if request.endpoint not in (None, "pages.home", "feed.page") and place == "home":
        place = ""
    whole = not wants_fragment()
    if not whole:  # the page that is open, not the address that was asked
        place = PLACES.get(current_path().split("/")[1].partition("?")[0], place)
    frame = Frame(
        me=here.user if here else None,
        csrf=csrf_token(),
        place=place,
        notices=get_flashed_messages(with_categories=True) if whole else [],  # type: ignore[arg-type]
    )
    if here:
        frame.unread_notifications = here.unread_notifications
        frame.waiting_pitches = here.waiting_pitches
        frame.waiting_sessions = here.waiting_sessions
        frame.unread_chats = here.unread_chats
        frame.open_cases, frame.open_contests = here.open_cases, here.open_contests
        if whole:
            frame.notices = frame.notices + _earned(here)
    return {"frame": frame, "now": utcnow()}


def _cache_rules(response: Response) -> Response:
    """Nothing personal in a shared cache, no fragment in any."""
    if response.mimetype != "text/html":
        return response
    response.vary.update(VARY)
    if "Cache-Control" not in response.headers:
        if wants_fragment():
            response.headers["Cache-Control"] = "no-store"
        elif g.get("signed_in"):
            response.headers["Cache-Control"] = "private, no-store"
        else:
            response.headers["Cache-Control"] = "no-cache"
    return response


def _toast(text: str, status: int) -> Response:
    """An error as one line among the toasts, so that no page lands in a small target."""
    answer = make_response(render_template("errors/_toast.html", text=text), status)
    answer.headers["HX-Retarget"] = "#toasts"
    answer.headers["HX-Reswap"] = "beforeend"
    return answer


def _error_page(status: int, text: str = "", **context: Any) -> Response:
    if wants_fragment():
        return _toast(text or DEFAULTS.get(status, DEFAULTS[500]), status)
    known = status if status in DEFAULTS else 500
    return make_response(render_template(f"errors/{known}.html", text=text, **context), status)


DEFAULTS = {
    400: "This form came from an old page. Load the page again and send it once more.",
    403: "You may not do this.",
    404: "This is not here. The link may be old, or it was taken down.",
    405: "This address does not take that.",
    409: "Somebody was quicker. Load the page again to see how it stands.",
    413: "This is too large to send.",
    422: "Something in the form needs another look.",
    429: "That was a lot at once. Wait a little and try again.",
    500: "Something broke on our side. Nothing was changed. Try again.",
}


def _domain_error(error: DomainError) -> Response:
    """A rule said no outside a form."""
    context: dict[str, Any] = {}
    text = ""
    match error:
        case WrongState(noun=noun, state=state):
            text = word_state(noun, state)
            key = (request.view_args or {}).get("public_id")
            if key and noun in PAGES:
                context["next_url"] = url_for(PAGES[noun], public_id=key)
                context["next_label"] = _("See how it stands")
        case Refused(code=code, params=params) | NotAllowed(code=code, params=params):
            text = word(code, params)
    answer = _error_page(error.status, text, **context)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_seconds)
    return answer


def init_web(app: Flask) -> None:
    """Hook the above into the app."""
    login_manager.user_loader(load_sign_in)
    login_manager.unauthorized_handler(unauthorized)
    app.before_request(_load_person)
    app.after_request(_cache_rules)
    app.context_processor(_frame)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(StaleDataError, lambda _error: _error_page(409))

    @app.errorhandler(CSRFError)
    def csrf_failed(error: CSRFError) -> Response:
        return _error_page(400)

    @app.errorhandler(SecurityError)
    def foreign_host(error: SecurityError) -> Response:
        # not a page: without a host of ours there are no addresses to print on it
        return Response("This address is not ours.\n", 400, mimetype="text/plain")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        answer = _error_page(error.code)
        for name in ("Allow", "Retry-After"):
            if value := dict(error.get_headers()).get(name):
                answer.headers[name] = value
        return answer

    @app.errorhandler(DataError)
    def not_storable(error: DataError) -> Response:
        # PostgreSQL holds no NUL character: an address with one names nothing
        log.error("the database cannot hold what was sent", exc_info=error)
        return _error_page(404 if request.method in ("GET", "HEAD") else 422)

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> Response:
        log.error("the database did not answer", exc_info=error)
        answer = _error_page(503, reference=secrets.token_hex(4))
        answer.headers["Retry-After"] = "5"
        return answer

    @app.errorhandler(Exception)
    def broke(error: Exception) -> Response:
        reference = secrets.token_hex(4)
        log.error("reference %s", reference, exc_info=error)
        if app.testing:
            raise error
        return _error_page(500, reference=reference)
