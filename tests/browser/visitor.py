"""A person before a browser: what they see, and everything that went wrong behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

CALLS = "https://meet.example.org"
STATUS = re.compile(r"status of (\d{3})")
# what Chromium logs is not always an event, and the event not always a line: count both
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Visitor:
    """One person's browser window. `problems` must be empty in the end."""

    def __init__(self, name: str, context: BrowserContext, base: str) -> None:
        self.name, self.context, self.base = name, context, base
        self.problems: list[str] = []
        self.calls: list[str] = []  # the rooms this person was led to
        self._declared: set[int] = set()
        self._met: set[int] = set()
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._broke)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)
        self.page: Page = context.new_page()

    # -- what a person does --

    def open(self, path: str) -> Page:
        """Type an address of the site."""
        self.page.goto(self.base + path)
        return self.page

    @property
    def path(self) -> str:
        """Path and query of the page that is open."""
        parts = urlsplit(self.page.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def answer_calls(self) -> None:
        """From here on the house of video calls answers (it is a page of this test)."""

        def room(route) -> None:
            self.calls.append(route.request.url)
            route.fulfill(content_type="text/html", body="<!doctype html><title>Call</title>")

        self.context.route(f"{CALLS}/**", room)

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Inside, answers of these statuses are meant; each of them must come."""
        self._declared, self._met = set(statuses), set()
        yield
        self.settle()
        assert self._met == set(statuses), f"{self.name} met {self._met}, not {set(statuses)}"
        self._declared = set()

    def settle(self) -> None:
        """Let what the browser has to say arrive."""
        self.page.evaluate("0")

    # -- what is noted meanwhile --

    def _note(self, text: str) -> None:
        self.problems.append(f"{self.name} at {self.page.url}: {text}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        status = STATUS.search(message.text) if "Failed to load resource" in message.text else None
        if status is None or int(status[1]) not in self._declared:
            self._note(f"console {message.type}: {message.text}")

    def _broke(self, error: WebError) -> None:
        # Chromium's own promise of a cross-document transition that it skipped; nobody holds it
        if "Transition was" in str(error.error):
            return
        self._note(f"script: {error.error}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._met.add(response.status)
            if response.status not in self._declared:
                self._note(f"{response.status} for {response.request.method} {response.url}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base, CALLS, "data:", "blob:", "about:")):
            self._note(f"asks outside: {request.url}")

    def _failed(self, request: Request) -> None:
        # a page that is left ends its own requests
        if request.failure != "net::ERR_ABORTED":
            self._note(f"{request.failure}: {request.url}")
