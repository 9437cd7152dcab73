"""What does the form of the preparation hold?"""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import Length

from skillswap.domain.limits import PREPARATION_MOST
from skillswap.forms.exchanges import NotesForm
from skillswap.lib.i18n import _
from skillswap.sentences import word


class PrepareForm(NotesForm):
    """What to prepare, and the version of the text that stood in the form at first."""

    body = TextAreaField(
        _("To prepare"),
        [Length(max=PREPARATION_MOST, message=word("too_long", {"limit": PREPARATION_MOST}))],
    )
