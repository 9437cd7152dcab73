"""How does a delivery become a message on somebody's screen?

Each browser of theirs gets it once: those that took it are not sent it again when another has to
be tried later, and one whose subscription has ended is forgotten. Needs the app, and no request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from skillswap.addresses import settings
from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import push
from skillswap.domain.letters import Dropped, Letter
from skillswap.domain.push import Target
from skillswap.lib.push import Gone, PushKey, message
from skillswap.lib.push import send as hand_in
from skillswap.lib.sending import Away, NotSent
from skillswap.mailing import page_of

MOST_TRIES = 5  # news on a screen is stale sooner than a mail


def message_of(letter: Letter) -> bytes:
    """What the service worker shows: who, what, and where a press leads."""
    line = letter.lines[0]
    text = line.text[:1].upper() + line.text[1:] if line.actor is None else line.text
    return message(
        {
            "title": line.actor.name if line.actor else "SkillSwap",
            "body": text,
            "url": page_of(line),
            "tag": letter.claim.public_id,
        }
    )


@contextmanager
def post() -> Iterator[Post]:
    """What a worker hands letters to, one batch long."""
    yield Post(settings())


class Post:
    """Sends a letter to every browser of its reader."""

    forgets = True  # who has it is of no use once all have

    def __init__(self, settings: Settings) -> None:
        self._hosts = settings.push_hosts
        self._key = settings.push_key
        self._subject = f"mailto:{settings.mail_from.addr_spec}"
        self._away: dict[str, str] = {}  # services that did not answer in this batch

    def send(self, letter: Letter) -> None:
        """Raises NotSent where another try may help, Dropped where nobody is left to tell."""
        if self._key is None:
            raise Dropped("this place sends no push")
        claim = letter.claim
        had = push.has_it(claim)
        todo = [t for t in push.targets(claim.user_id, letter.at) if t.id not in had]
        db.session.remove()
        raw, failures = message_of(letter), []
        for target in todo:
            try:
                self._hand_in(raw, target, letter, self._key)
            except Gone:
                with transaction():
                    push.gone(target)
            except NotSent as error:
                failures.append(error)
            else:
                with transaction():
                    push.took(claim, target, letter.at)
            db.session.remove()
        if failures:
            hopeless = all(error.for_good for error in failures) or claim.attempts >= MOST_TRIES
            raise NotSent("; ".join(map(str, failures)), for_good=hopeless)
        if not push.has_it(claim):
            raise Dropped("no browser takes push any more")

    def _hand_in(self, raw: bytes, target: Target, letter: Letter, key: PushKey) -> None:
        host = urlsplit(target.address.endpoint).netloc
        if host in self._away:
            raise NotSent(self._away[host])
        try:
            hand_in(
                raw,
                target.address,
                key=key,
                subject=self._subject,
                hosts=self._hosts,
                topic=letter.claim.public_id,
            )
        except Away as error:
            self._away[host] = str(error)
            raise
