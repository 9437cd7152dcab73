"""Find a teacher: `/teachers` with its filters in the address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from skillswap.domain import explore
from skillswap.domain.searching import Filters, Sort
from skillswap.extensions import limiter
from skillswap.forms.teachers import query_of, read_filters
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.lib.keyset import Page
from skillswap.web import cursor, notice, render, viewer, wants_fragment

bp = Blueprint("teachers", __name__)


@bp.get("/teachers")
@limiter.limit("120 per minute")
def browse() -> ResponseReturnValue:
    """The teachers whom the filters leave; for htmx the results, or after a cursor more cards."""
    filters, dropped = _filters()
    if wants_fragment() and cursor():
        more = explore.more_teachers(viewer(), filters, cursor(), utcnow())
        return render("teachers/browse.html", "teachers/_cards.html", **_around(filters, more))
    found = explore.browse(viewer(), filters, cursor(), utcnow())
    if found.unknown_skill:
        filters = replace(filters, skill="")
    if dropped or found.unknown_skill:
        notice(_("One of the filters was not understood, so it was left out."))
    answer = make_response(
        render(
            "teachers/browse.html",
            "teachers/_found.html",
            found=found,
            counts=found.counts,
            languages=tuple(explore.language_choices(found, filters.language)),
            wider=explore.wider_choices(filters, found.counts),
            **_around(filters, found.teachers),
        )
    )
    if wants_fragment():  # the address without the choices left open
        answer.headers["HX-Push-Url"] = url_for(".browse", **query_of(filters))
    return answer


def _filters() -> tuple[Filters, bool]:
    filters, dropped = read_filters(request.args, _usual())
    if not viewer() and (filters.when or filters.swap):
        filters = replace(filters, when=(), swap=False)
        notice(_("Log in to look for your own hours and swaps."))
    return filters, dropped


def _usual() -> Sort:
    """The order where none is asked for: for who learns, how well they fit each other."""
    person = viewer()
    return Sort.FIT if person and person.learning else Sort.RATING


def _around(filters: Filters, page: Page) -> dict[str, Any]:
    """What the cards and the links beside them print."""
    more = url_for(".browse", **query_of(filters), after=page.after) if page.after else None
    return {"filters": filters, "query": query_of(filters), "teachers": page, "more": more}
