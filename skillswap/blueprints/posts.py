"""Posts: writing one, drafts, changing one, taking one away."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.media import take_pictures
from skillswap.db import transaction
from skillswap.domain import pictures, posts, skills
from skillswap.errors import Refused, Taken
from skillswap.forms.posts import PostForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Post, PostState
from skillswap.web import after_post, me, notice, render, wants_fragment

bp = Blueprint("posts", __name__, url_prefix="/posts")
LONG, SHORT = "posts/_form.html", "posts/_composer.html"


# -- writing one ----------------------------------------------------------------------------------


@bp.route("/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    """Write a post. The button pressed says whether it is posted, kept, or looked at."""
    if request.method == "GET":
        return _begin()
    form = PostForm()
    if not _takes_in(form):
        return _write(form)
    if form.submit_preview.data or form.submit_skill.data:
        return _look(form)
    if form.submit_save.data or form.submit_more.data:
        return _save(form)
    return _publish(form)


def _begin() -> ResponseReturnValue:
    """The empty form, or the draft `?draft=`, with the pictures `?picture=`."""
    form = PostForm()
    if key := request.args.get("draft"):
        draft = posts.find_mine(me(), key)
        if draft.state is not PostState.DRAFT:
            return redirect(_page_of(draft), 303)
        _hold(form, draft)
    else:
        form.kind.data = form.kind.coerce(request.args.get("kind"))
        form.client_key.data = posts.new_key()
    for name in request.args.getlist("picture")[:4]:
        form.took(name)
    return _write(form)


def _hold(form: PostForm, post: Post) -> None:
    """Let the form begin with what the post says."""
    form.begin(post, [skill.slug for skill in posts.skills_of(post)])
    form.show(pictures.of([post.id])[post.id])


def _takes_in(form: PostForm) -> bool:
    """Keep the files that came along, whichever button was pressed; whether that went well."""
    try:
        take_pictures(form)
    except Refused as error:
        form.refuse(error)
    return form.refusal is None


def _look(form: PostForm, post: Post | None = None) -> ResponseReturnValue:
    """How it will read, or with one more skill: the form comes back, and nothing is kept."""
    facts, more = form.facts, {}
    try:
        if form.submit_skill.data:
            form.skills.data = [skill.slug for skill in posts.chosen(me(), facts["skills"])]
            form.skill.data = ""
        else:
            more["preview"] = posts.look(facts["title"], facts["body"])
    except Refused as error:
        form.refuse(error)
    part = "posts/_skills.html" if form.submit_skill.data else "posts/_preview.html"
    return _write(form, post, part, **more)


def _save(form: PostForm) -> ResponseReturnValue:
    """Keep it as a draft: while it is typed, by the button, or to go on in the long form."""
    part, now = "posts/_kept.html", utcnow()
    if form.submit_more.data:
        part = SHORT
        if not (form.body.data or "").strip():
            return after_post(url_for(".new", kind=form.kind.data))
    if not form.validate():
        return _write(form, part=part)
    try:
        with transaction():
            draft = posts.save_draft(
                me(), **form.facts, client_key=form.client_key.data or "", now=now
            )
    except Refused as error:
        form.refuse(error)
        return _write(form, part=part)
    url = url_for(".new", draft=draft.public_id)
    if form.submit_more.data or not wants_fragment():
        notice(_("Saved as a draft."))
        return after_post(url)
    answer = make_response(after_post(url, part, form=form, saved_at=now))
    answer.headers["HX-Replace-Url"] = url  # loaded again, the page has all that is kept
    return answer


def _publish(form: PostForm) -> ResponseReturnValue:
    part = SHORT if form.short.data else LONG
    if form.validate():
        try:
            with transaction():
                post = posts.publish(
                    me(), **form.facts, client_key=form.client_key.data or "", now=utcnow()
                )
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Posted."))
            return _posted(post, short=part == SHORT)
    return _write(form, part=part)


def _posted(post: Post, *, short: bool) -> ResponseReturnValue:
    """On to the post; on Home its card comes to the top of the list, and an empty form."""
    if not (short and wants_fragment()):
        return after_post(_page_of(post))
    cards = posts.cards_of([post.id], me())
    shown = {"form": short_form(), "cards": cards, "now": utcnow()}
    return after_post(_page_of(post), "posts/_posted.html", **shown)


# -- changing one, taking one away ----------------------------------------------------------------


@bp.route("/<public_id>/edit", methods=["GET", "POST"])
@login_required
def edit(public_id: str) -> ResponseReturnValue:
    """Change a post. 409 with both texts when it was changed meanwhile."""
    post = posts.find_mine(me(), public_id)
    form = PostForm()
    if request.method == "GET":
        if post.state is PostState.DRAFT:
            return redirect(url_for(".new", draft=public_id), 303)
        if post.state is PostState.HIDDEN:  # its page says why it stays as it is
            return redirect(_page_of(post), 303)
        _hold(form, post)
    elif _takes_in(form):
        if form.submit_preview.data or form.submit_skill.data:
            return _look(form, post)
        if form.validate() and _edits(form, public_id):
            notice(_("Your post is changed."))
            return after_post(_page_of(post))
    return _write(form, post)


def _edits(form: PostForm, public_id: str) -> bool:
    try:
        with transaction():
            posts.edit(me(), public_id, **form.facts, version=form.seen, now=utcnow())
    except Refused as error:
        form.refuse(error)
        if isinstance(error, Taken):  # they go on from what stands there now
            form.version.data = str(posts.find_mine(me(), public_id).version)
    return form.refusal is None


@bp.route("/<public_id>/delete", methods=["GET", "POST"])
@login_required
def delete(public_id: str) -> ResponseReturnValue:
    """Ask, then take a post or a draft away for good."""
    if request.method == "GET":
        post = posts.find_mine(me(), public_id)
        if post.state is PostState.DRAFT:
            return redirect(url_for(".new", draft=public_id), 303)
        return render("posts/delete.html", post=post)
    with transaction():
        post = posts.delete(me(), public_id, now=utcnow())
    if post.published_at is None:
        notice(_("Your draft is deleted."))
        shown = {"drafts": posts.drafts_of(me()), "now": utcnow()} if wants_fragment() else {}
        return after_post(url_for(".new"), "posts/_drafts.html", **shown)
    notice(_("Your post is deleted."))
    return after_post(url_for("pages.home"))


# -- the page -------------------------------------------------------------------------------------


def _write(
    form: PostForm, post: Post | None = None, part: str = LONG, **more: Any
) -> ResponseReturnValue:
    """The form with what was typed. `post` is the one that is changed."""
    unknown = form.refusal is not None and form.refusal.code == "post_skill_unknown"
    changed = post is not None and isinstance(form.refusal, Taken)
    return render(
        "posts/write.html",
        part,
        status=form.status,
        form=form,
        post=posts.find_mine(me(), post.public_id) if post and changed else post,
        changed=changed,
        skills=posts.known(form.skills.data or ()),
        close=skills.nearest(form.skill.data or "") if unknown else [],
        pictures=pictures.chosen(me(), form.chosen),
        partner=posts.partner_to_name(me(), form.client_key.data or ""),
        drafts=[] if post or wants_fragment() else posts.drafts_of(me()),
        now=utcnow(),
        **more,
    )


def _page_of(post: Post) -> str:
    """Where it is read."""
    return url_for(".show", public_id=post.public_id)


def short_form() -> PostForm:
    """The empty form that stands above a list of posts, for `posts/_composer.html`."""
    form = PostForm(formdata=None)
    form.client_key.data = posts.new_key()
    return form
