"""What do the forms of joining and logging in hold?"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, Length, ValidationError

from skillswap.forms.base import Form
from skillswap.lib.clock import FORMER_NAMES, local, zone_names
from skillswap.lib.i18n import _
from skillswap.sentences import word

NEEDED = word("required", {})
EMAIL_LENGTH, NAME_LENGTH = 254, 60
FOUR_DIGITS = re.compile(r"[0-9]{4}")
UNKNOWN_HERE = "UTC"


def at_most(limit: int) -> Length:
    """No longer than the column."""
    return Length(max=limit, message=word("too_long", {"limit": limit}))


@lru_cache(maxsize=2)
def zone_choices(minute: datetime) -> list[SelectChoice]:
    """Every zone by part of the world, each with its clock at that minute: "Lisbon, 18:20"."""
    found = []
    for name in zone_names():
        there = local(minute, name)
        area = name.split("/", 1)[0] if "/" in name else _("Anywhere")
        found.append((area, there.city, name, there.clock))
    return [
        SelectChoice(
            value=name, label=f"{city}, {clock}", optgroup=area, render_kw=_also_called(name)
        )
        for area, city, name, clock in sorted(found)
    ]


def _also_called(zone: str) -> dict[str, str]:
    """For the script that guesses: what the browser may call it."""
    return {"data-former": FORMER_NAMES[zone]} if zone in FORMER_NAMES else {}


class SignUpForm(Form):
    """Joining."""

    role = RadioField(
        _("I am here to"),
        choices={"learn": _("Learn"), "teach": _("Teach"), "both": _("Both")},
        default="both",
        validate_choice=False,  # the domain says what is missing
    )
    first_name = StringField(_("First name"), [DataRequired(NEEDED), at_most(NAME_LENGTH)])
    last_name = StringField(_("Last name"), [at_most(NAME_LENGTH)])
    email = EmailField(_("Email"), [DataRequired(NEEDED), at_most(EMAIL_LENGTH)])
    password = PasswordField(_("Password"), [DataRequired(NEEDED)])
    birth_year = StringField(_("Year of birth"), [DataRequired(NEEDED)])
    timezone = SelectField(_("Time zone"), default=UNKNOWN_HERE, validate_choice=False)
    terms = BooleanField(
        _("I agree to be kind, and to the terms"), [DataRequired(word("accept_terms", {}))]
    )

    def __init__(self, now: datetime, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.timezone.choices = zone_choices(now.replace(second=0, microsecond=0))

    def validate_email(self, field: Field) -> None:
        """An address that could be one."""
        try:
            validate_email(field.data.strip(), check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError:
            raise ValidationError(word("email_shape", {})) from None

    def validate_birth_year(self, field: Field) -> None:
        """Four digits."""
        if not FOUR_DIGITS.fullmatch(field.data.strip()):
            raise ValidationError(word("birth_year", {}))

    @property
    def facts(self) -> dict[str, Any]:
        """What the domain asks of a new person."""
        facts = {name: value or "" for name, value in self.values.items() if name != "terms"}
        return facts | {"birth_year": int(facts["birth_year"])}


class LogInForm(Form):
    """Coming back."""

    email = EmailField(_("Email"), [DataRequired(NEEDED), at_most(EMAIL_LENGTH)])
    password = PasswordField(_("Password"), [DataRequired(NEEDED)])
    remember = BooleanField(_("Keep me signed in on this device"), default=True)
