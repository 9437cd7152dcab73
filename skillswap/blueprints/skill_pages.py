"""One skill: who teaches it, what is written about it, and following it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.feed import turning
from skillswap.db import transaction
from skillswap.domain import feed, skill_follows, skill_pages
from skillswap.domain.teachers import SkillRef
from skillswap.errors import Refused
from skillswap.lib.clock import utcnow
from skillswap.sentences import word
from skillswap.web import after_post, cursor, me, notice, render, viewer, wants_fragment

bp = Blueprint("skill_pages", __name__, url_prefix="/explore/skills")
TUTORIAL = "tutorial"


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """The page of a skill; with `kind=tutorial` all its tutorials, after a cursor more posts."""
    tutorials = request.args.get("kind") == TUTORIAL
    if tutorials or cursor():
        return _list(skill_follows.skill_named(slug), tutorials=tutorials)
    shown = skill_pages.skill_page(slug, viewer(), utcnow())
    if shown.skill.slug != slug:  # it was merged into another
        return redirect(url_for(".show", slug=shown.skill.slug), 301)
    turned = turning(shown.posts.after, ".show", slug=shown.skill.slug)
    return render("skill_pages/show.html", about=shown, posts=shown.posts, **turned)


def _list(skill: SkillRef, *, tutorials: bool) -> ResponseReturnValue:
    posts = feed.posts_about(skill.id, viewer(), cursor(), tutorials=tutorials)
    address = {"slug": skill.slug, "kind": TUTORIAL if tutorials else None}
    turned = turning(posts.after, ".show", **address)
    shown: dict[str, Any] = {"skill": skill, "tutorials": tutorials, "posts": posts}
    return render("skill_pages/list.html", "feed/_posts.html", **shown, **turned)


@bp.post("/<slug>/follow")
@login_required
def follow(slug: str) -> ResponseReturnValue:
    """Follow a skill; a limit of the day is said in a notice, since nothing was typed."""
    try:
        with transaction():
            skill = skill_follows.follow_skill(me(), slug, utcnow())
    except Refused as error:
        notice(word(error.code, error.params), "error")
        skill = skill_follows.skill_named(slug)
    return _done(skill)


@bp.post("/<slug>/unfollow")
@login_required
def unfollow(slug: str) -> ResponseReturnValue:
    """Follow it no more."""
    with transaction():
        skill = skill_follows.unfollow_skill(me(), slug)
    return _done(skill)


def _done(skill: SkillRef) -> ResponseReturnValue:
    url = url_for(".show", slug=skill.slug)
    if not wants_fragment():
        return after_post(url)
    facts = skill_pages.facts_of(skill, me())
    return after_post(url, "skill_pages/_follow.html", skill=skill, facts=facts)
