"""What do the forms of the second step hold?"""

from __future__ import annotations

from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.sentences import word

NEEDED = word("required", {})
CODE_LENGTH = 40
FITS = Length(max=CODE_LENGTH, message=word("too_long", {"limit": CODE_LENGTH}))


class CodeForm(Form):
    """A code of the app, or a recovery code."""

    code = StringField(_("Code"), [DataRequired(NEEDED), FITS])


class BeginForm(Form):
    """Setting it up."""

    password = PasswordField(_("Your password"), [DataRequired(NEEDED)])


class RenewForm(Form):
    """New recovery codes."""

    codes_password = PasswordField(_("Your password"), [DataRequired(NEEDED)])


class OffForm(Form):
    """Switching it off."""

    off_password = PasswordField(_("Your password"), [DataRequired(NEEDED)])
    last_code = StringField(_("Code"), [DataRequired(NEEDED), FITS])
