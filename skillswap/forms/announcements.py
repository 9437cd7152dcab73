"""What does the form of an announcement hold?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.scheduling import read_wall
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.lib.clock import zone
from skillswap.lib.i18n import _
from skillswap.models import Announcement, Audience

AUDIENCES = {
    Audience.EVERYBODY: _("Everybody"),
    Audience.TEACHERS: _("Those who teach"),
    Audience.STAFF: _("Staff"),
}
WALL = "%Y-%m-%dT%H:%M"  # what a browser sends of a day and a time


def _audience(value: Any) -> Audience | None:
    """The audience of that value; None when there is none."""
    return Audience(value) if value in set(Audience) else None


class AnnouncementForm(Form):
    """What is said, to whom, and from when until when on the writer's clock."""

    title = StringField(_("Title"), default="")
    body = TextAreaField(_("Text"), default="")
    audience = RadioField(
        _("For whom?"),
        choices=[SelectChoice(value, label) for value, label in AUDIENCES.items()],
        coerce=_audience,
        validate_choice=False,
        default=Audience.EVERYBODY,
    )
    is_public = BooleanField(_("On the front page too, for visitors"))
    starts = StringField(_("From"), default="")
    ends = StringField(_("Until"), default="")
    version = HiddenField(default="0")

    def facts(self, zone_name: str) -> dict[str, Any]:
        """What the domain takes. Raises Refused."""
        if self.audience.data is None:
            raise Refused("audience", "required")
        return {
            "title": self.title.data or "",
            "body": self.body.data or "",
            "audience": self.audience.data,
            "is_public": bool(self.is_public.data),
            "starts_at": _instant("starts", self.starts.data, zone_name),
            "ends_at": _instant("ends", self.ends.data, zone_name),
        }

    @property
    def seen(self) -> int:
        """The version that was changed; 0, which is none, for anything else."""
        text = str(self.version.data)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _instant(field: str, typed: str | None, zone_name: str) -> datetime | None:
    """The instant of a day and a time on a clock; None for nothing. Raises Refused."""
    if not (typed or "").strip():
        return None
    try:
        wall = datetime.strptime((typed or "").strip()[:16], WALL)  # noqa: DTZ007 - a wall time
    except ValueError:
        raise Refused(field, "announcement_time") from None
    if not 2000 < wall.year < 3000:
        raise Refused(field, "announcement_time")
    return read_wall(wall, zone_name).at


def on_clock(at: datetime, zone_name: str) -> str:
    """An instant as the field for a day and a time holds it."""
    return at.astimezone(zone(zone_name)).strftime(WALL)


def form_of(found: Announcement, zone_name: str) -> AnnouncementForm:
    """The form with one that is there."""
    return AnnouncementForm(
        None,
        title=found.title,
        body=found.body,
        audience=found.audience,
        is_public=found.is_public,
        starts=on_clock(found.starts_at, zone_name),
        ends=on_clock(found.ends_at, zone_name),
        version=str(found.version),
    )
