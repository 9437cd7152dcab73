"""The catalogue as staff look after it: words, categories, merging, and what is proposed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.cases import DETAILS, case_page
from skillswap.blueprints.moderation import bp
from skillswap.db import transaction
from skillswap.domain import merging, taxonomy
from skillswap.domain.catalogue import categories
from skillswap.domain.skills import UNSORTED
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.forms.taxonomy import MergeForm, RefuseForm, SkillForm, WordForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Case, CaseKind, Skill
from skillswap.web import after_post, cursor, me, notice, render, staff_only

TYPED_MOST = 100


def _details(case: Case) -> dict[str, Any]:
    """What the page of a proposed skill shows to whoever has taken it."""
    card, known = taxonomy.card_of(case), categories()
    sorted_in = [*known, UNSORTED] if UNSORTED not in known else known
    named = {"name": card.name, "category": card.category}
    return {
        "card": card,
        "near": taxonomy.near(card.name),
        "form": SkillForm(sorted_in, None, **named),
        "merge_form": MergeForm(None),
        "refuse_form": RefuseForm(None),
    }


DETAILS[CaseKind.SKILL] = _details


@bp.get("/skills")
@staff_only
def skills() -> ResponseReturnValue:
    """Skills by name; those that answer to a word, those of a category."""
    typed = request.args.get("q", "").strip()[:TYPED_MOST]
    category = request.args.get("category", "")
    found = taxonomy.found(typed, category, cursor())
    page, part = "moderation/skills.html", "moderation/_skill_rows.html"
    chosen: dict[str, Any] = {"typed": typed, "category": category, "categories": categories()}
    return render(page, part, found=found, **chosen)


@bp.get("/skills/<slug>")
@staff_only
def skill(slug: str) -> ResponseReturnValue:
    """One skill: its words, its category, how much names it."""
    return _page(slug)


def _page(slug: str, **forms: Form) -> ResponseReturnValue:
    card = taxonomy.card(slug)
    shown: dict[str, Any] = {
        "form": SkillForm(categories(), None, name=card.name, category=card.category),
        "word_form": WordForm(None),
        "merge_form": MergeForm(None),
    }
    status = max([200, *(form.status for form in forms.values())])
    page, part = "moderation/skill.html", "moderation/_skill.html"
    return render(page, part, status=status, card=card, **(shown | forms))


@bp.post("/skills/<slug>")
@staff_only
def edit_skill(slug: str) -> ResponseReturnValue:
    """Rename it, or sort it elsewhere."""
    form = SkillForm(categories())
    names = {"name": form.name.data or "", "category": form.category.data or ""}
    try:
        with transaction():
            taxonomy.edit(me(), slug, **names, now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _page(slug, form=form)
    notice(_("It is kept."))
    return after_post(url_for(".skill", slug=slug))


@bp.post("/skills/<slug>/words")
@staff_only
def add_word(slug: str) -> ResponseReturnValue:
    """Let it answer to one more word."""
    form = WordForm()
    try:
        with transaction():
            taxonomy.add_alias(me(), slug, form.alias.data or "", utcnow())
    except Refused as error:
        form.refuse(error)
        return _page(slug, word_form=form)
    notice(_("It answers to that now."))
    return after_post(url_for(".skill", slug=slug))


@bp.post("/skills/<slug>/words/remove")
@staff_only
def remove_word(slug: str) -> ResponseReturnValue:
    """Let it answer to a word no more."""
    with transaction():
        taxonomy.remove_alias(me(), slug, request.form.get("alias", ""), utcnow())
    notice(_("It answers to that no more."))
    return after_post(url_for(".skill", slug=slug))


@bp.get("/skills/<slug>/merge")
@staff_only
def look_at_merge(slug: str) -> ResponseReturnValue:
    """What it would mean to merge it into `?into=`, before anything is done."""
    form = MergeForm(request.args)
    try:
        into = taxonomy.target_of(slug, form.into.data or "")
    except Refused as error:
        form.refuse(error)
        return _page(slug, merge_form=form)
    card, extent = taxonomy.card(slug), merging.extent(into.id)
    return render("moderation/merge.html", card=card, into=into, into_extent=extent)


@bp.post("/skills/<slug>/merge")
@staff_only
def merge_skill(slug: str) -> ResponseReturnValue:
    """Let one be the same as the other from now on."""
    form = MergeForm()
    try:
        with transaction():
            into = taxonomy.merge(me(), slug, form.into.data or "", utcnow())
    except Refused as error:
        form.refuse(error)
        return _page(slug, merge_form=form)
    notice(_("They are one now: {skill}.").format(skill=into.name))
    return after_post(url_for(".skill", slug=into.slug))


# -- what is proposed -----------------------------------------------------------------------------


@bp.post("/cases/<public_id>/accept-skill")
@staff_only
def accept_skill(public_id: str) -> ResponseReturnValue:
    """Take it into the catalogue."""
    form = SkillForm([*categories(), UNSORTED])
    names = {"name": form.name.data or "", "category": form.category.data or ""}
    said = _("{skill} is in the catalogue.")
    return _decide(
        public_id,
        "form",
        form,
        said,
        lambda: taxonomy.accept(me(), public_id, **names, now=utcnow()),
    )


@bp.post("/cases/<public_id>/merge-skill")
@staff_only
def merge_proposed(public_id: str) -> ResponseReturnValue:
    """It is known under another name."""
    form = MergeForm()
    into, said = form.into.data or "", _("It is a word for {skill} now.")
    return _decide(
        public_id,
        "merge_form",
        form,
        said,
        lambda: taxonomy.merge_proposed(me(), public_id, into=into, now=utcnow()),
    )


@bp.post("/cases/<public_id>/refuse-skill")
@staff_only
def refuse_skill(public_id: str) -> ResponseReturnValue:
    """Take it off every list, and say why."""
    form = RefuseForm()
    said = _("{skill} is refused.")
    return _decide(
        public_id,
        "refuse_form",
        form,
        said,
        lambda: taxonomy.refuse(me(), public_id, words=form.said, now=utcnow()),
    )


def _decide(
    public_id: str, name: str, form: Form, said: str, verb: Callable[[], Skill]
) -> ResponseReturnValue:
    """Do it and go on to the next case, or show the case again with that form."""
    try:
        with transaction():
            skill = verb()
    except Refused as error:
        form.refuse(error)
        return case_page(public_id, status=form.status, **{name: form})
    notice(said.format(skill=skill.name))
    return after_post(url_for(".next_case"))
