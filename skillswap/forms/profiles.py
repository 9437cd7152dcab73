"""What do the forms about oneself hold?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired

from skillswap.domain.availability import ZoneAnswer
from skillswap.domain.limits import EDUCATION_LINE, EDUCATION_LINES
from skillswap.domain.profiles import BIO_MOST, HEADLINE_MOST, USERNAME_MOST
from skillswap.domain.usernames import NAME_LENGTH
from skillswap.forms.accounts import NEEDED, at_most, zone_choices
from skillswap.forms.base import Form
from skillswap.lib.clock import from_wall, is_zone, local, zone_city
from skillswap.lib.i18n import _
from skillswap.lib.languages import codes_of, languages
from skillswap.lib.media import MOST_BYTES
from skillswap.models import User
from skillswap.sentences import word

LEARN, TEACH = "learn", "teach"
SYSTEM = "system"  # the page follows the device; kept as an empty theme


def _one_break(text: str | None) -> str | None:
    """Browsers send two characters for a line break and count one."""
    return text.replace("\r\n", "\n") if text else text


def _hours_choices(now: datetime, old: str, new: str) -> list[SelectChoice]:
    """The two answers, with an evening as the example: it may be another day by then."""
    here = local(now, old).wall.replace(hour=18, minute=0, tzinfo=None)
    there = local(from_wall(here, old), new)
    places = {"old": zone_city(old), "new": there.city, "clock": there.clock}
    move = _("Move the hours: they stay at their moments, 18:00 in {old} becomes {clock} in {new}")
    return [
        SelectChoice(
            ZoneAnswer.KEEP, _("Keep the clock times: 18:00 stays 18:00 in {new}").format(**places)
        ),
        SelectChoice(ZoneAnswer.MOVE, move.format(**places)),
    ]


class ProfileForm(Form):
    """Who one is. Exactly these fields can be changed here."""

    first_name = StringField(_("First name"), [DataRequired(NEEDED), at_most(NAME_LENGTH)])
    last_name = StringField(_("Last name"), [at_most(NAME_LENGTH)])
    username = StringField(_("Username"), [DataRequired(NEEDED), at_most(USERNAME_MOST)])
    headline = StringField(_("Headline"), [at_most(HEADLINE_MOST)])
    bio = TextAreaField(_("About you"), [at_most(BIO_MOST)], filters=[_one_break])
    roles = SelectMultipleField(
        _("I am here to"),
        choices=[SelectChoice(LEARN, _("Learn")), SelectChoice(TEACH, _("Teach"))],
        validate_choice=False,
    )
    timezone = SelectField(_("Time zone"), validate_choice=False)
    hours = RadioField(_("Your hours in the new zone"), choices=[], validate_choice=False)
    languages = SelectMultipleField(
        _("Languages you speak"),
        choices=[
            SelectChoice(
                language.code,
                language.name
                if language.name.casefold() == language.native_name.casefold()
                else f"{language.name} · {language.native_name}",
            )
            for language in languages()
        ],
        validate_choice=False,
    )
    education = TextAreaField(
        _("Education"),
        [at_most(2 * EDUCATION_LINES * EDUCATION_LINE)],
        filters=[_one_break],
    )
    theme = RadioField(
        _("Colours"),
        choices=[
            SelectChoice(SYSTEM, _("As on your device")),
            SelectChoice("light", _("Light")),
            SelectChoice("dark", _("Dark")),
        ],
        validate_choice=False,
    )

    def __init__(self, person: User, now: datetime, **kwargs: Any) -> None:
        stands = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "username": person.username,
            "headline": person.headline,
            "bio": person.bio,
            "roles": [
                role for role, on in ((LEARN, person.learning), (TEACH, person.teaching)) if on
            ],
            "timezone": person.timezone,
            "languages": codes_of(person.language_mask),
            "education": "\n".join(person.education),
            "theme": person.theme or SYSTEM,
        }
        super().__init__(data=stands, **kwargs)
        self.timezone.choices = zone_choices(now.replace(second=0, microsecond=0))
        self._home = person.timezone
        if self.leaves:
            self.hours.choices = _hours_choices(now, self._home, self.timezone.data)

    @property
    def leaves(self) -> bool:
        """Whether another zone was chosen than the one that stands."""
        return self.timezone.data != self._home and is_zone(self.timezone.data)

    @property
    def asks_hours(self) -> bool:
        """Whether the question of the hours is on the page: it was asked, or answered."""
        return self.leaves and bool(self.hours.errors or self.hours.data)

    @property
    def facts(self) -> dict[str, Any]:
        """What the domain asks."""
        facts = {name: value or "" for name, value in self.values.items()}
        roles, theme = facts.pop("roles"), facts["theme"]
        return facts | {
            "languages": facts["languages"] or [],
            "learning": LEARN in roles,
            "teaching": TEACH in roles,
            "theme": "" if theme == SYSTEM else theme,
        }


class PresenceForm(Form):
    """Whether others see when one is here."""

    shown = BooleanField(_("Show when I am here"))


class BoardsForm(Form):
    """Whether one is on leaderboards."""

    shown = BooleanField(_("Show me on leaderboards"))


class PictureForm(Form):
    """A picture to show."""

    picture = FileField(_("Your picture"), [FileRequired(word("picture_needed", {}))], id="picture")

    @property
    def bytes(self) -> bytes:
        """What was sent, cut where it is longer than any picture we take."""
        data: bytes = self.picture.data.read(MOST_BYTES + 1)
        return data
