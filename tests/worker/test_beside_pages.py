"""The worker as a greenlet of the real server: mails leave, and no page waits for them."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from flask import Flask

from skillswap.config import Settings
from skillswap.models import User
from tests.support.server import Site, server
from tests.support.smtp import PostOffice, post_office

PATIENCE = 20  # seconds


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server that takes the call and then says nothing."""
    with post_office() as made:
        made.mode = "hang"
        yield made


@pytest.fixture
def site(app: Flask, settings: Settings, office: PostOffice, tmp_path: Path) -> Iterator[Site]:
    """The server on the database of the tests, with its worker."""
    env = {
        "SKILLSWAP_ENV": "test",
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "INSTANCE_PATH": str(tmp_path),
        "SMTP_URL": office.url,
        "EMBEDDED_WORKER": "1",
        "FLOOD_LIMITS": "0",
    }
    with server(env) as running:
        yield running


class Visitor:
    """A browser without scripts."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.slowest = 0.0

    def get(self, path: str, body: bytes | None = None) -> str:
        """The page behind an address, redirects followed."""
        url = path if path.startswith("http") else self.site.url + path
        began = monotonic()
        with self.opener.open(url, body, timeout=PATIENCE) as answer:
            html: str = answer.read().decode()
        self.slowest = max(self.slowest, monotonic() - began)
        return html

    def send(self, path: str, **form: str) -> str:
        """Fill in the form of a page and send it."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path))
        assert token
        return self.get(path, urlencode({"csrf_token": token[1], **form}).encode())


def test_pages_answer_while_the_mail_server_is_silent_and_the_mail_still_comes(
    site: Site, office: PostOffice, ada: User
) -> None:
    visitor = Visitor(site)
    visitor.send("/password/forgot", email=ada.email)
    assert office.wait_for(lambda: office.hanging == 1, PATIENCE), site.printed()
    visitor.slowest = 0.0
    for number in range(10):
        visitor.get("/login")
        visitor.send("/password/forgot", email=f"nobody{number}@example.org")
    assert visitor.slowest < 2
    assert (office.hanging, office.mails) == (1, [])  # it has been waiting all that time
    office.free()
    assert office.wait_for(lambda: bool(office.mails), PATIENCE), site.printed()
    ((to, mail),) = office.mails
    assert to == ada.email
    link = re.search(rf"{re.escape(site.url)}/\S+", mail.get_body(("plain",)).get_content())
    assert link
    assert "password" in visitor.get(link[0])


def test_a_stop_does_not_wait_for_the_mail_server(
    site: Site, office: PostOffice, ada: User
) -> None:
    Visitor(site).send("/password/forgot", email=ada.email)
    assert office.wait_for(lambda: office.hanging == 1, PATIENCE), site.printed()
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(8) == 0, site.printed()
    assert "Traceback" not in site.printed()
