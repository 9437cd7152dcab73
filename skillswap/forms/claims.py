"""What do the forms about a claim hold: files to be checked, and the verdict of staff?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import MultipleFileField
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.claims import ClaimLine, badge_for
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.lib.media import MOST_BYTES
from skillswap.models import ClaimKind

LOOKED_AT = 4  # files of one form; one more than are taken, so that too many are refused
CHECKS = {
    ClaimKind.IDENTITY: {
        "name": _("The name on the document is that of the account"),
        "person": _("The document is one of a person, and is valid today"),
        "edited": _("No signs of editing"),
    },
    ClaimKind.CREDENTIAL: {
        "name": _("The name on the document is that of the account"),
        "issuer": _("Whoever issued it exists and can be reached"),
        "subject": _("Its subject fits the skill"),
        "edited": _("No signs of editing"),
    },
}


class FilesForm(Form):
    """Some files."""

    files = MultipleFileField(_("1 to 3 files"))

    def sent(self) -> list[tuple[bytes, str]]:
        """Each file that came along with its name, cut where it is longer than any we take."""
        there = [file for file in self.files.data or () if getattr(file, "filename", "")]
        return [(file.read(MOST_BYTES + 1), file.filename) for file in there[:LOOKED_AT]]


class MoreForm(FilesForm):
    """Files that were missing. Its page holds the other form too."""

    files = MultipleFileField(_("What is missing, 1 to 3 files"), id="more-files")


class AskForm(FilesForm):
    """Something to be checked, with its files."""

    what = RadioField(_("What should we check?"), choices=[], validate_choice=False)

    def offer(self, choices: Sequence[tuple[str, str, bool]]) -> AskForm:
        """With these choices: value, words, whether it can be asked for now."""
        self.what.choices = [
            SelectChoice(value, words, render_kw=None if is_open else {"disabled": True})
            for value, words, is_open in choices
        ]
        free = [value for value, _words, is_open in choices if is_open]
        if self.what.data is None and len(free) == 1:
            self.what.data = free[0]
        return self


class VerdictForm(Form):
    """What a member of staff found. The words are the badge's, the note is the claimant's."""

    checked = SelectMultipleField(_("Checked"), choices=[], validate_choice=False, default=())
    badge = StringField(_("What the badge will say"), default="")
    note = TextAreaField(_("Note to them"), default="")

    def about(self, claim: ClaimLine) -> VerdictForm:
        """With what is to be looked at in this claim, and a first try at the badge."""
        checks = CHECKS[claim.kind].items()
        self.checked.choices = [SelectChoice(key, words) for key, words in checks]
        if not self.is_submitted():
            self.badge.data = badge_for(claim.kind, claim.skill)
        return self

    def require_all(self, kind: ClaimKind) -> None:
        """Raises Refused unless everything has been looked at."""
        seen: Any = self.checked.data or ()
        if not CHECKS[kind].keys() <= set(seen):
            raise Refused("checked", "not_all_checked")


class RevokeForm(Form):
    """Why a badge is taken back; the person reads it."""

    words = TextAreaField(_("Why"), default="")
