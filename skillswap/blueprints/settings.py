"""Where does one change what is said about oneself?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import live, media, teaching
from skillswap.domain import skills as lists
from skillswap.domain.limits import SKILLS_EACH_WAY
from skillswap.domain.media import store
from skillswap.domain.skills import SkillLine
from skillswap.errors import NotFound, Refused
from skillswap.forms.profiles import PictureForm, PresenceForm, ProfileForm
from skillswap.forms.skills import LineForm, SkillForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import UserSkillKind
from skillswap.web import after_post, me, notice, render, wants_fragment

bp = Blueprint("settings", __name__, url_prefix="/settings")
LIST = "/skills/<any(offered, wanted):kind>"


# -- who one is -----------------------------------------------------------------------------------


@bp.route("/profile", methods=["GET", "POST"])
@login_required
def profile() -> ResponseReturnValue:
    """The form about oneself; a valid post saves it."""
    form = ProfileForm(me(), utcnow())
    if form.validate_on_submit():
        try:
            with transaction():
                teaching.edit_profile(me(), **form.facts, now=utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Profile saved."))
            saved = ProfileForm(me(), utcnow(), formdata=None)
            return after_post(url_for(".profile"), "settings/_profile.html", form=saved)
    return render(
        "settings/profile.html",
        "settings/_profile.html",
        status=form.status,
        form=form,
        picture=PictureForm(formdata=None),
    )


@bp.post("/avatar")
@login_required
def avatar() -> ResponseReturnValue:
    """Show another picture. The try is counted first, whatever becomes of it."""
    form = PictureForm()
    if form.validate_on_submit():
        try:
            with transaction():
                media.count_upload(me(), utcnow())
            with transaction():
                media.change_avatar(me(), form.bytes, store(), utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your picture is saved."))
            return _after_picture()
    return render(
        "settings/profile.html",
        "settings/_avatar.html",
        status=form.status,
        form=ProfileForm(me(), utcnow(), formdata=None),
        picture=form,
    )


@bp.post("/avatar/delete")
@login_required
def delete_avatar() -> ResponseReturnValue:
    """Show initials again."""
    with transaction():
        media.remove_avatar(me(), store())
    notice(_("Your picture is removed."))
    return _after_picture()


def _after_picture() -> ResponseReturnValue:
    fresh = PictureForm(formdata=None)
    return after_post(url_for(".profile"), "settings/_avatar.html", picture=fresh)


@bp.post("/presence")
@login_required
def presence() -> ResponseReturnValue:
    """Show when I am here, and see when others are; or neither."""
    shown = bool(PresenceForm().shown.data)
    with transaction():
        live.show_presence(me(), shown=shown)
    notice(_("Others see when you are here.") if shown else _("Nobody sees when you are here."))
    return after_post(url_for("safety.privacy"), "settings/_presence.html")


# -- what one teaches and wants to learn ----------------------------------------------------------


@dataclass
class Section:
    """One of the two lists, with the form to add to it and the line that is being changed."""

    kind: UserSkillKind
    form: SkillForm
    lines: list[SkillLine] = field(default_factory=list)
    editing: str = ""
    line_form: LineForm | None = None
    unknown: bool = False  # what was typed answers to nothing: offer to propose it
    close: list[str] = field(default_factory=list)
    focus: str = ""  # where the keyboard goes on: "skill", "title", or the line of a slug
    most: int = SKILLS_EACH_WAY

    @property
    def full(self) -> bool:
        """Whether nothing more fits on the list."""
        return len(self.lines) >= self.most


@bp.get("/skills")
@login_required
def skills() -> ResponseReturnValue:
    """Both lists; as a fragment the one of `?kind=`."""
    kind = request.args.get("kind", "")
    offered = kind != UserSkillKind.WANTED
    return _page(UserSkillKind.OFFERED if offered else UserSkillKind.WANTED)


@bp.get("/skills/suggest")
@login_required
def suggest_skills() -> ResponseReturnValue:
    """Names that begin like `?q=`, as options for the field that asks."""
    typed = next(
        (request.args[name] for name in ("q", "skill", "into") if name in request.args), ""
    )
    names = lists.suggest(me(), typed)
    return render("settings/_options.html", names=names)


@bp.post(LIST + "/add")
@login_required
def add_skill(kind: str) -> ResponseReturnValue:
    """Put a skill on the list, by any of its names."""
    return _put(UserSkillKind(kind), lists.add_skill)


@bp.post(LIST + "/propose")
@login_required
def propose_skill(kind: str) -> ResponseReturnValue:
    """Put a skill on the list that the catalogue does not know yet."""
    return _put(UserSkillKind(kind), lists.propose_skill)


def _put(kind: UserSkillKind, verb: Callable[..., None]) -> ResponseReturnValue:
    form = SkillForm(kind)
    if not form.validate_on_submit():
        return _page(kind, form=form)
    typed = form.skill.data or ""
    try:
        with transaction():
            verb(me(), kind, typed, level=form.level.data, note=form.note.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        unknown = error.code == "unknown_skill"
        return _page(
            kind, form=form, unknown=unknown, close=lists.nearest(typed) if unknown else []
        )
    return _changed(kind, "skill")


@bp.route(LIST + "/<slug>/edit", methods=["GET", "POST"])
@login_required
def edit_skill(kind: str, slug: str) -> ResponseReturnValue:
    """A line opened for change; a valid post saves level and note."""
    side = UserSkillKind(kind)
    line = next((one for one in _lines(side) if one.slug == slug), None)
    if line is None:
        raise NotFound("skill")
    form = LineForm(side, slug, data={"level": line.level, "note": line.note})
    if form.validate_on_submit():
        try:
            with transaction():
                lists.edit_skill(me(), side, slug, level=form.level.data, note=form.note.data or "")
        except Refused as error:
            form.refuse(error)
        else:
            return _changed(side, slug)
    return _page(side, editing=slug, line_form=form)


@bp.post(LIST + "/<slug>/delete")
@login_required
def delete_skill(kind: str, slug: str) -> ResponseReturnValue:
    """Take a skill off the list."""
    with transaction():
        teaching.remove_skill(me(), UserSkillKind(kind), slug, now=utcnow())
    return _changed(UserSkillKind(kind), "title")


def _lines(kind: UserSkillKind) -> list[SkillLine]:
    return [line for line in lists.lines_of(me().id) if line.kind is kind]


def _changed(kind: UserSkillKind, focus: str) -> ResponseReturnValue:
    """The list as it is now, with an empty form."""
    url = url_for(".skills", _anchor=f"{kind}-box")
    if not wants_fragment():
        return after_post(url)
    section = Section(kind, SkillForm(kind, formdata=None), _lines(kind), focus=focus)
    return after_post(url, "settings/_skills.html", section=section)


def _page(kind: UserSkillKind, **about: object) -> ResponseReturnValue:
    """Both lists, or for htmx the one; `about` is what is special in it."""
    sections = {each: Section(each, SkillForm(each, formdata=None)) for each in UserSkillKind}
    for line in lists.lines_of(me().id):
        sections[line.kind].lines.append(line)
    section = sections[kind]
    for name, value in about.items():
        setattr(section, name, value)
    form = section.line_form or section.form
    return render(
        "settings/skills.html",
        "settings/_skills.html",
        status=form.status,
        sections=list(sections.values()),
        section=section,
    )
