"""How does a delivery become a mail? Its words, its links, its headers; text and HTML.

Nothing a person typed stands in a header but their cleaned name in the subject; every link starts
with PUBLIC_URL. Needs the app, and no request.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from skillswap import calendaring
from skillswap.account_mails import ACCOUNT_MAILS
from skillswap.addresses import absolute, address_of, host, settings
from skillswap.domain import calendars
from skillswap.domain.calendars import Invite
from skillswap.domain.letters import Letter
from skillswap.domain.notifications import Line
from skillswap.domain.preferences import Topic
from skillswap.lib import mail
from skillswap.lib.clock import local
from skillswap.lib.i18n import _
from skillswap.lib.ics import CalendarUser
from skillswap.mail_words import OTHERWISE, SUBJECTS
from skillswap.models import Channel

NAME_LENGTH, TEXT_LENGTH = 80, 200
# where each kind of subject is shown
PAGES = {
    "pitches": "pitches.show",
    "exchanges": "exchanges.show",
    "swap_rings": "rings.show",
    "learning_sessions": "sessions.show",
    "conversations": "chat.show",
    "posts": "posts.show",
    "comments": "comments.show",
    "badge_grants": "badges.show",
    "wishes": "wishes.show",
    "wish_offers": "wishes.offer",
    "strikes": "strikes.show",
    "reports": "safety.own_report",
    "claims": "verification.show",
    "held_pitches": "pitches.held",
}
# and where what asks something is answered
PAGES_OF_KIND = {
    "session.ended": "sessions.outcome",
    "session.asked_again": "sessions.outcome",
    "rating.asked": "ratings.rate",
    "rating.published": "ratings.rate",
    "rating.replied": "ratings.rate",
    "rating.retracted": "ratings.rate",
    "post.partner_asked": "achievements.naming",
}
# and what has no key in its address
PAGES_ALONE = {
    "teacher.reopened": "saved_teachers.mine",
    "follow.made": "follows.mine",
    "report.limited": "pages.safety",
    "report.freed": "pages.safety",
}
ATTACHED = _("The calendar file is attached.")
# subject and sentence of a mail that brings nothing else
IN_CALENDAR = (
    _("In your calendar: {what}, {when}"),
    _("{what} is agreed: {when}."),
)
CHANGED_IN_CALENDAR = (
    _("Changed in your calendar: {what}, {when}"),
    _("{what} has changed in your calendar: {when}."),
)
OFF_CALENDAR = (
    _("Off your calendar: {what}, {when}"),
    _("{what} on {when} is off. The time is yours again."),
)


# -- unsubscribing --------------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    keys = [*reversed(settings().secret_key_fallbacks), settings().secret_key]
    return URLSafeSerializer(keys, salt="unsubscribe")


def unsubscribe_token(user_id: int, topic: Topic | None, channel: Channel) -> str:
    """What lets its holder switch that topic off for that person, and nothing else."""
    return str(_signer().dumps([user_id, topic.value if topic else "", channel.value]))


def read_token(token: str) -> tuple[int, Topic | None, Channel] | None:
    """Whom and what a token is about; None for one that we did not sign."""
    try:
        user_id, topic, channel = _signer().loads(token)
        return int(user_id), Topic(topic) if topic else None, Channel(channel)
    except (BadSignature, ValueError, TypeError):
        return None


# -- writing --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to press in a mail."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Written:
    """A mail in parts, as its templates print it."""

    subject: str
    hello: str
    said: tuple[str, ...]
    points: tuple[tuple[str, str], ...]  # of a digest: each line, and where it leads
    button: Button
    unsubscribe: str  # "" where it cannot be switched off


def write(letter: Letter) -> Written:
    """The words of a letter."""
    if letter.claim.channel is Channel.DIGEST:
        return _digest(letter)
    if letter.claim.kind in ACCOUNT_MAILS:
        return _account(letter)
    if letter.claim.kind == calendars.KIND and letter.invite:
        return _calendar(letter, letter.invite)
    return _told(letter)


def _told(letter: Letter) -> Written:
    line = letter.lines[0]
    return Written(
        subject=_subject(letter.claim.kind, line),
        hello=_hello(letter),
        said=(sentence(line), ATTACHED) if letter.invite else (sentence(line),),
        points=(),
        button=Button(_("Open it on SkillSwap"), page_of(line)),
        unsubscribe=_unsubscribe(letter),
    )


def _digest(letter: Letter) -> Written:
    count = len(letter.lines)
    return Written(
        subject=_("Your day on SkillSwap: {count} new").format(count=count),
        hello=_hello(letter),
        said=(_("This is what you have not read yet."),),
        points=tuple((sentence(line), page_of(line)) for line in letter.lines),
        button=Button(_("Read all of it"), address_of("notifications.page")),
        unsubscribe=_unsubscribe(letter),
    )


def _calendar(letter: Letter, invite: Invite) -> Written:
    booking = invite.booking
    what = calendaring.title_of(booking)
    when = local(booking.starts_at, letter.timezone).full
    subject, said = IN_CALENDAR if booking.sequence == 0 else CHANGED_IN_CALENDAR
    if invite.cancels:
        subject, said = OFF_CALENDAR
    page = address_of("sessions.past")
    if booking.partner:
        page = address_of("sessions.show", public_id=booking.public_id)
    return Written(
        subject=header_text(subject.format(what=what, when=when)),
        hello=_hello(letter),
        said=(said.format(what=what, when=when), ATTACHED),
        points=(),
        button=Button(_("Open it on SkillSwap"), page),
        unsubscribe=_unsubscribe(letter),
    )


def _account(letter: Letter) -> Written:
    words = ACCOUNT_MAILS[letter.claim.kind]
    return Written(
        subject=words.subject,
        hello=_hello(letter),
        said=(*words.said, *filter(None, [letter.claim.payload.get("words")])),
        points=(),
        button=Button(words.button, absolute(letter.claim.payload.get("path") or "/")),
        unsubscribe="",
    )


def _hello(letter: Letter) -> str:
    return _("Hello {name},").format(name=letter.first_name)


def sentence(line: Line) -> str:
    """A line as it stands alone."""
    said = f"{line.actor.name} {line.text}" if line.actor else line.text
    return said if said.endswith((".", "?")) else f"{said}."


def page_of(line: Line) -> str:
    """The absolute link to what a line is about."""
    page = PAGES_OF_KIND.get(line.kind) or PAGES.get(line.subject_type)
    if page and line.public_id:
        return address_of(page, public_id=line.public_id)
    return address_of(PAGES_ALONE.get(line.kind, "notifications.page"))


def _unsubscribe(letter: Letter) -> str:
    if letter.topic is Topic.SECURITY:
        return ""
    claim = letter.claim
    token = unsubscribe_token(claim.user_id, letter.topic, claim.channel)
    return address_of("unsubscribe.page", token=token)


def _subject(kind: str, line: Line) -> str:
    noun = kind.partition(".")[0]
    words = SUBJECTS.get(kind) or OTHERWISE.get(noun, _("News from SkillSwap"))
    if line.actor is None and "{name}" in words:
        words = OTHERWISE.get(noun, _("News from SkillSwap"))
    return words.format(name=header_name(line.actor.name if line.actor else ""))


def header_name(name: str) -> str:
    """A person's name as a header may hold it: one line, nothing invisible, 80 characters."""
    return header_text(name)[:NAME_LENGTH].strip()


def header_text(text: str) -> str:
    """Words as a header may hold them: one line, nothing invisible, 200 characters."""
    plain = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text)
    return " ".join(plain.split())[:TEXT_LENGTH].strip()


class LinkHeader(UnstructuredHeader):
    """A header that holds a link: on one line however long, since encoded it would be none."""

    def fold(self, *, policy: Policy) -> str:
        """As it is; no header is longer than the 998 characters a line may have."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]  # of its base


HEADERS = HeaderRegistry()
HEADERS.map_to_type("list-unsubscribe", LinkHeader)  # type: ignore[arg-type]  # a protocol there
POLICY = SMTP.clone(header_factory=HEADERS)


def compose(letter: Letter) -> EmailMessage:
    """The whole mail. Its Message-ID is the delivery's, so that a repeated one is recognised."""
    written = write(letter)
    message = EmailMessage(policy=POLICY)
    message["From"] = settings().mail_from
    message["To"] = letter.address
    message["Subject"] = written.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.claim.public_id}@{host()}>"
    message["Auto-Submitted"] = "auto-generated"
    if written.unsubscribe:
        message["List-Unsubscribe"] = f"<{written.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(render("letter.txt", written))
    message.add_alternative(render("letter.html", written), subtype="html")
    if letter.invite:
        guest = CalendarUser(letter.first_name, letter.address)
        calendaring.enclose(message, letter.invite, guest, letter.timezone, letter.at)
    return message


def render(name: str, written: Written) -> str:
    """One of the two bodies. Not Flask's function: that one asks for a request."""
    template = current_app.jinja_env.get_template(f"emails/{name}")
    return template.render(mail=written, home=settings().public_url)


@contextmanager
def post() -> Iterator[Post]:
    """What a worker hands letters to, one batch long."""
    server = settings().smtp
    if server is None:
        yield Post(None)
        return
    with mail.line(server, settings().mail_from.domain) as line:
        yield Post(line)


class Post:
    """Writes a letter and hands it in; where there is no mail server it stays, for /dev/mail."""

    def __init__(self, line: mail.Line | None) -> None:
        self._line = line
        self.forgets = line is not None  # what has left need not be kept

    def send(self, letter: Letter) -> None:
        """Raises NotSent or Away. Returning means: taken."""
        message = compose(letter)
        if self._line is not None:
            self._line.send(message, letter.address)
