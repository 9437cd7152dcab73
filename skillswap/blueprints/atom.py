"""What a person posts and what is posted about a skill, for feed readers: the public's view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from skillswap.addresses import absolute
from skillswap.domain import feed, skill_follows
from skillswap.domain.posts import PostCard
from skillswap.domain.visibility import person_named
from skillswap.extensions import limiter
from skillswap.lib import atom
from skillswap.lib.i18n import _
from skillswap.lib.text import beginning_of

bp = Blueprint("atom", __name__, url_prefix="/feeds")
OWN_PATH = re.compile(r'\b(href|src)="(/(?!/)[^"]*)"')
TITLE_MOST = 80
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)  # of a skill nobody has written about


@bp.get("/people/<username>.atom")
@limiter.limit("60 per minute")
def person(username: str) -> ResponseReturnValue:
    """The latest posts of somebody."""
    author = person_named(username.lower(), to=None)
    posts = feed.posts_by(author, None, None, whole=True).rows
    title = _("%s on SkillSwap") % author.name
    page = url_for("profiles.show", username=author.username)
    return _answer(f"people/{author.id}", title, page, posts, author.created_at)


@bp.get("/skills/<slug>.atom")
@limiter.limit("60 per minute")
def skill(slug: str) -> ResponseReturnValue:
    """The latest posts about a skill."""
    about = skill_follows.skill_named(slug)
    posts = feed.posts_about(about.id, None, None, whole=True).rows
    title = _("%s on SkillSwap") % about.name
    page = url_for("skill_pages.show", slug=about.slug)
    return _answer(f"skills/{about.id}", title, page, posts, BEGUN)


def _answer(
    key: str, title: str, page: str, posts: Sequence[PostCard], begun: datetime
) -> ResponseReturnValue:
    """The document, or 304 where the reader has it."""
    changed = max((card.edited_at or card.at for card in posts), default=begun)
    document = atom.write(
        atom.Feed(
            key=key,
            title=title,
            url=absolute(page),
            self_url=absolute(request.path),
            updated=changed,
            entries=[_entry(card) for card in posts],
        )
    )
    answer = make_response(document)
    answer.mimetype = "application/atom+xml"
    answer.headers["Cache-Control"] = "no-cache"
    answer.last_modified = changed
    answer.add_etag()
    return answer.make_conditional(request)


def _entry(card: PostCard) -> atom.Entry:
    return atom.Entry(
        key=f"posts/{card.public_id}",
        title=card.title or beginning_of(card.html, TITLE_MOST) or _("A picture"),
        url=absolute(url_for("posts.show", public_id=card.public_id)),
        author=card.author.name,
        author_url=absolute(url_for("profiles.show", username=card.author.username)),
        published=card.at,
        updated=card.edited_at or card.at,
        html=_content(card),
        topics=[one.name for one in card.skills],
    )


def _content(card: PostCard) -> str:
    """The words and the pictures, with addresses that hold outside."""
    words = OWN_PATH.sub(lambda found: f'{found[1]}="{absolute(found[2])}"', card.html)
    pictures = (
        f'<p><img src="{absolute(one.url)}" alt="{escape(one.alt)}"'
        f' width="{one.width}" height="{one.height}"></p>'
        for one in card.pictures
    )
    return words + "".join(pictures)
