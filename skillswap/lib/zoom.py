"""How does Zoom hold a meeting for us? Server-to-server OAuth, on the operator's account.

Zoom names its meetings itself, so a request whose answer was lost may have made one: our public id
stands in the agenda, and a second try looks for it before it makes another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from skillswap.lib.meeting import Made, ProviderSaysNo, Wanted, ZoomAccount, checked_link
from skillswap.lib.service import Answer, Patience, Service, call

HOSTS = ("zoom.us", "zoom.com")
SCHEDULED = 2  # Zoom's number for a meeting with a time
PAGES, PAGE_SIZE = 3, 300  # of the list in which a lost one is looked for
# the two can begin without the operator, and nobody is let in by hand
SETTINGS = {
    "join_before_host": True,
    "jbh_time": 0,
    "waiting_room": False,
    "mute_upon_entry": False,
    "approval_type": 2,
    "email_notification": False,
}


class Zoom(Service):
    """Meetings at Zoom. A Provider."""

    name = "Zoom"

    def __init__(self, account: ZoomAccount, patience: Patience) -> None:
        super().__init__(patience)
        self._account = account
        own = urlsplit(account.url).hostname
        self._hosts = (*HOSTS, own) if own else HOSTS

    def ask_token(self) -> Answer:
        """By the account's id, and the app's id and secret."""
        account = self._account
        return call(
            "POST",
            account.token_url,
            name=self.name,
            patience=self.patience,
            auth=(account.client_id, account.client_secret),
            data={"grant_type": "account_credentials", "account_id": account.account_id},
        )

    def create(self, wanted: Wanted) -> Made:
        """A new meeting, unless an earlier try has made it."""
        if wanted.tries > 1 and (found := self._find(wanted)) is not None:
            return self.change(_known(wanted, found))
        answer = self.ask("POST", self._of_user, json=_meeting(wanted))
        if answer.status != 201:
            raise ProviderSaysNo(f"Zoom makes no meeting: {answer.status}")
        return self._made(answer)

    def change(self, wanted: Wanted) -> Made:
        """The same meeting at another time; a new one where somebody has deleted it."""
        url = self._of_meeting(wanted.external_id)
        answer = self.ask("PATCH", url, json=_meeting(wanted))
        if answer.status == 404:
            return self.create(wanted)
        if answer.status != 204:
            raise ProviderSaysNo(f"Zoom does not change its meeting: {answer.status}")
        answer = self.ask("GET", url)
        if answer.status != 200:
            raise ProviderSaysNo(f"Zoom does not show its meeting: {answer.status}")
        return self._made(answer)

    def remove(self, wanted: Wanted) -> None:
        """Delete it; where its id was lost, look for it first."""
        external_id = wanted.external_id
        if not external_id:
            found = self._find(wanted)
            if found is None:
                return
            external_id = found.external_id
        answer = self.ask("DELETE", self._of_meeting(external_id))
        if answer.status not in (204, 404):
            raise ProviderSaysNo(f"Zoom does not delete its meeting: {answer.status}")

    @property
    def _of_user(self) -> str:
        return f"{self._account.api_url}/users/{quote(self._account.user, safe='')}/meetings"

    def _of_meeting(self, external_id: str) -> str:
        return f"{self._account.api_url}/meetings/{quote(external_id, safe='')}"

    def _made(self, answer: Answer) -> Made:
        number = answer.get("id")
        if not isinstance(number, int | str) or not 0 < len(str(number)) <= 100:
            raise ProviderSaysNo("Zoom answers with a meeting that has no number")
        return Made(str(number), checked_link(answer.get("join_url"), self._hosts))

    def _find(self, wanted: Wanted) -> Made | None:
        """The meeting an earlier try has made; None also where we may not read the list."""
        for entry in self._upcoming():
            agenda = entry.get("agenda") if isinstance(entry, dict) else None
            if isinstance(agenda, str) and _mark(wanted) in agenda:
                return self._made(Answer(200, entry, None))
        return None

    def _upcoming(self) -> Iterator[Any]:
        query = {"type": "upcoming", "page_size": str(PAGE_SIZE)}
        for _page in range(PAGES):
            answer = self.ask("GET", self._of_user, params=query)
            entries, after = answer.get("meetings"), answer.get("next_page_token")
            yield from entries if isinstance(entries, list) else ()
            if not after or not isinstance(after, str):
                return
            query["next_page_token"] = after


def _mark(wanted: Wanted) -> str:
    return f"SkillSwap session {wanted.public_id}"


def _known(wanted: Wanted, found: Made) -> Wanted:
    return Wanted(
        wanted.public_id,
        wanted.topic,
        wanted.starts_at,
        wanted.minutes,
        found.external_id,
        tries=1,  # gone again before it could be changed: then a new one
    )


def _meeting(wanted: Wanted) -> dict[str, Any]:
    return {
        "topic": wanted.topic,
        "agenda": _mark(wanted),
        "type": SCHEDULED,
        "start_time": f"{wanted.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "timezone": "UTC",
        "duration": wanted.minutes,
        "settings": SETTINGS,
    }
