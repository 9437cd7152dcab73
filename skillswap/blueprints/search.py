"""The search box of every page: what is suggested while somebody types, and the page of results."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from skillswap.domain import search
from skillswap.extensions import limiter
from skillswap.forms.teachers import read_term
from skillswap.web import render, viewer, wants_fragment

bp = Blueprint("search", __name__)


@bp.get("/search")
@limiter.limit("120 per minute")
def page() -> ResponseReturnValue:
    """Skills and people called so; for htmx the first of them, below the box."""
    term = read_term(request.args.get("q", "")) or ""
    find = search.suggest if wants_fragment() else search.search
    found = find(term, viewer())
    return render("search/page.html", "search/_suggestions.html", term=term, found=found)
