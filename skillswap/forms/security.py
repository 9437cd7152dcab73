"""What do the forms hold that guard an account: its address, its password, its sign-ins?"""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from wtforms import EmailField, Field, PasswordField
from wtforms.validators import DataRequired, Length, ValidationError

from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.sentences import word

NEEDED = word("required", {})
EMAIL_LENGTH = 254


class AddressForm(Form):
    """An address that could be one."""

    email = EmailField(
        _("Email"),
        [
            DataRequired(NEEDED),
            Length(max=EMAIL_LENGTH, message=word("too_long", {"limit": EMAIL_LENGTH})),
        ],
    )

    def validate_email(self, field: Field) -> None:
        """Shape only."""
        try:
            validate_email(field.data.strip(), check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError:
            raise ValidationError(word("email_shape", {})) from None


class ForgotForm(AddressForm):
    """Where the link goes."""


class LinkForm(Form):
    """One button: use the link."""


class ResetForm(Form):
    """A password by a mailed link."""

    password = PasswordField(_("New password"), [DataRequired(NEEDED)])


class EndForm(Form):
    """Ending sign-ins."""

    password = PasswordField(_("Your password"), [DataRequired(NEEDED)])


class PasswordForm(Form):
    """Another password."""

    current_password = PasswordField(_("Present password"), [DataRequired(NEEDED)])
    new_password = PasswordField(_("New password"), [DataRequired(NEEDED)])


class EmailForm(AddressForm):
    """Another address."""

    email_password = PasswordField(_("Your password"), [DataRequired(NEEDED)])
