"""What do the settings of notifications hold?"""

from __future__ import annotations

from wtforms import SelectMultipleField, StringField
from wtforms.validators import Length

from skillswap.domain.preferences import Topic
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.models import Channel

TOPICS = {
    Topic.SECURITY: _("Your account and its safety"),
    Topic.PITCHES: _("Pitches received and answered"),
    Topic.SESSIONS: _("Sessions proposed, agreed, moved, cancelled"),
    Topic.REMINDERS: _("Reminders and missed sessions"),
    Topic.CHAT: _("Chat messages"),
    Topic.AFTERWARDS: _("How sessions and exchanges end"),
    Topic.PEOPLE: _("Likes, comments, follows"),
    Topic.PROGRESS: _("Badges, streaks, people to meet"),
}
CHANNELS = {
    Channel.PUSH: _("Push"),
    Channel.EMAIL: _("Email"),
    Channel.DIGEST: _("Digest"),
}
Switch = tuple[Topic, Channel]


class PreferencesForm(Form):
    """The switches that are on, each as "topic.channel"."""

    switches = SelectMultipleField(_("What reaches you"), choices=[])

    def __init__(self, offered: list[Switch], on: set[Switch] | None = None) -> None:
        """`offered` are the switches on the page; `on` those that are on, or what was sent."""
        super().__init__(**({} if on is None else {"formdata": None}))
        self._named = {name_of(switch): switch for switch in offered}
        self.switches.choices = [(name, name) for name in self._named]
        if on is not None:
            self.switches.data = [name_of(switch) for switch in on]

    @property
    def on(self) -> set[Switch]:
        """Those that are checked."""
        return {self._named[name] for name in self.switches.data or () if name in self._named}


def name_of(switch: Switch) -> str:
    """A switch as a form names it."""
    topic, channel = switch
    return f"{topic}.{channel}"


class SubscriptionForm(Form):
    """What a browser's push manager hands out. Whether it may be called is the domain's to say."""

    endpoint = StringField(_("Push service"), validators=[Length(max=1_000)], default="")
    p256dh = StringField(validators=[Length(max=200)], default="")
    auth = StringField(validators=[Length(max=100)], default="")

    @property
    def address(self) -> dict[str, str]:
        """Where to send, and the keys."""
        return {
            "endpoint": self.endpoint.data or "",
            "p256dh": self.p256dh.data or "",
            "auth": self.auth.data or "",
        }
