"""Which fields say where two people meet? A part of forms, and a form of its own."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.meeting_places import Here, name_of
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.models import PlaceKind


class PlaceFields:
    """What a form needs to ask where: mixed into those that do.

    The choices come from `offer_places`, called before the form is shown or checked.
    """

    place_kind = RadioField(
        _("Where do you meet?"), default=PlaceKind.JITSI.value, validate_choice=False
    )
    place_body = StringField(_("The link, or the place"))

    def offer_places(self, here: Here) -> None:
        """Let these kinds be chosen."""
        self.place_kind.choices = [SelectChoice(kind.value, name_of(kind)) for kind in here.kinds]

    @property
    def chosen_place(self) -> PlaceKind:
        """The kind. Raises Refused for a word that is none."""
        try:
            return PlaceKind(self.place_kind.data or "")
        except ValueError:
            raise Refused("place_kind", "place_kind") from None


class PlaceForm(PlaceFields, Form):
    """Where an agreed session takes place."""

    def __init__(self, here: Here, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offer_places(here)
