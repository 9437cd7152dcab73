"""Who asks, and may they? The person and device of this request, and the guards of its views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from skillswap.domain import frame as frames
from skillswap.domain import stepping_up
from skillswap.errors import NotFound
from skillswap.lib.clock import utcnow
from skillswap.models import SignIn, User
from skillswap.onward import came_from, safe_next, wants_fragment

View = Callable[..., ResponseReturnValue]


def me() -> User:
    """The person signed in. Only behind `@login_required`."""
    user: User = g.signed_in.user
    return user


def viewer() -> User | None:
    """The person signed in, or None for a visitor."""
    here: frames.SignedIn | None = g.get("signed_in")
    return here.user if here else None


def asking() -> User | None:
    """Who asks at an address that is mostly the same for everybody, found out only now."""
    return viewer() if current_user.is_authenticated else None


def signed_in() -> SignIn | None:
    """The device that asks, or None for a visitor's."""
    here: frames.SignedIn | None = g.get("signed_in")
    return here.sign_in if here else None


# -- guards ---------------------------------------------------------------------------------------


def staff_only(view: View) -> View:
    """Decorator: moderators and admins; for anybody else the address does not exist (404).

    Staff who have no second step set one up first.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        person = viewer()
        if person is None or not person.is_staff:
            raise NotFound("page")
        if not g.signed_in.has_second_step:
            return elsewhere_first(url_for("second_steps.show"))
        return view(*args, **kwargs)

    return guarded


def admin_only(view: View) -> View:
    """Decorator: the same for admins alone."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        person = viewer()
        if person is None or not person.is_admin:
            raise NotFound("page")
        return view(*args, **kwargs)

    return staff_only(guarded)


def stepped_up(view: View) -> View:
    """Decorator, below one that asks who it is: whoever has shown neither password nor code in
    the last ten minutes does so first, and comes back to this page or to that of the form.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        here = signed_in()
        if here is None:
            return unauthorized()
        if not stepping_up.is_sure(here, utcnow()):
            return elsewhere_first(url_for("accounts.again", next=_back()))
        return view(*args, **kwargs)

    return guarded


def unauthorized() -> ResponseReturnValue:
    """Sign in first: a redirect for pages, a full load for htmx, never a page in a fragment."""
    path = request.full_path.rstrip("?") if request.method == "GET" else None
    if "HX-Request" in request.headers:
        # a fragment or a button: back to the page it stands on; a boosted link: on to its page
        onward = path if path and not wants_fragment() else current_path()
        return elsewhere_first(url_for("accounts.log_in", next=onward))
    return redirect(url_for("accounts.log_in", next=path), 303)


def elsewhere_first(url: str) -> Response:
    """Something has to be done on another page before: it is loaded whole, for htmx as well."""
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": url})
    return redirect(url, 303)  # type: ignore[return-value]


def _back() -> str:
    """Where to go on: the page that was asked, or for a form the one it stood on."""
    if request.method == "GET" and not wants_fragment():
        return request.full_path.rstrip("?")
    return current_path() if "HX-Request" in request.headers else came_from(safe_next(None))


def current_path() -> str:
    """Path and query of the page htmx says it stands on."""
    try:
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:  # a bracket too few, and whatever else an address can lack
        return safe_next(None)
    return safe_next(f"{here.path}?{here.query}" if here.query else here.path)
