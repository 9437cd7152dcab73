"""What does the form of a post hold?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.skills import TYPED_MOST
from skillswap.forms.accounts import at_most
from skillswap.forms.pictures import PicturesForm
from skillswap.lib.i18n import _
from skillswap.models import Post, PostKind
from skillswap.models.post import BODY_MOST, TITLE_MOST

KINDS = {
    PostKind.GENERAL: _("Update"),
    PostKind.TUTORIAL: _("Tutorial"),
    PostKind.ACHIEVEMENT: _("Achievement"),
}
KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


def _kind(value: Any) -> PostKind:
    """The kind of that name; an update where there is none."""
    return PostKind(value) if value in set(PostKind) else PostKind.GENERAL


def _key(value: str | None) -> str:
    """What a form of ours was marked with; nothing else can be one."""
    return value if value and KEY.fullmatch(value) else ""


def _one_break(text: str | None) -> str:
    """Browsers send two characters for a line break and count one."""
    return (text or "").replace("\r\n", "\n")


class PostForm(PicturesForm):
    """A post that is being written, or changed. Which button was pressed says what to do."""

    kind = RadioField(
        _("Kind"),
        choices=[SelectChoice(kind, name) for kind, name in KINDS.items()],
        coerce=_kind,
        default=PostKind.GENERAL,
        validate_choice=False,
    )
    title = StringField(_("Title"), [at_most(TITLE_MOST)])
    body = TextAreaField(_("Text"), [at_most(BODY_MOST)], filters=[_one_break], id="post-body")
    skills = SelectMultipleField(choices=[], validate_choice=False)  # slugs of those chosen
    skill = StringField(_("Skills"), [at_most(TYPED_MOST)])  # one more, as it is typed
    named = BooleanField()  # the partner of its exchange, when they agree
    may_name = HiddenField()  # the form has that tick
    client_key = HiddenField(filters=[_key])
    version = HiddenField(default="0")
    submit_save = SubmitField()
    submit_preview = SubmitField()
    submit_skill = SubmitField()
    submit_more = SubmitField()  # of the short form on Home: go on in the long one
    short = HiddenField()  # it is that one

    @property
    def typed_skills(self) -> list[str]:
        """Those chosen, and the one that is typed, if any."""
        typed = (self.skill.data or "").strip()
        return [*(self.skills.data or ()), *([typed] if typed else ())]

    @property
    def facts(self) -> dict[str, Any]:
        """What the post is to say, as its verbs take it."""
        return {
            "kind": self.kind.data,
            "title": self.title.data or "",
            "body": self.body.data or "",
            "skills": self.typed_skills,
            "pictures": self.chosen,
            "named": bool(self.named.data) if self.may_name.data else None,
        }

    @property
    def seen(self) -> int:
        """The version of the text that stood in the form at first; 0 for what is none."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def begin(self, post: Post, skills: Sequence[str]) -> None:
        """Hold what a post or a draft says. Its pictures: `show`."""
        self.kind.data, self.title.data, self.body.data = post.kind, post.title, post.body
        self.skills.data = list(skills)
        self.named.data = post.partner_consent is not None
        self.client_key.data, self.version.data = post.client_key or "", str(post.version)
