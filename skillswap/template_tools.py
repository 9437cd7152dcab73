"""What may templates call? Pure helpers; none of them asks the database."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Flask
from jinja2 import Template
from markupsafe import Markup, escape

from skillswap.domain.card_words import card_icon, card_title
from skillswap.domain.hours import clock as clock_of
from skillswap.lib.clock import Local, day_of, local, relative, same_clock, zone_city
from skillswap.lib.i18n import _
from skillswap.lib.languages import language_names
from skillswap.models import Level

PIECES_KEPT = 4_000  # of one or two kilobytes each
PARAGRAPH = re.compile(r"\n\s*\n")
LINK = Markup('<a href="{0}" rel="nofollow noopener noreferrer" target="_blank">{0}</a>')
ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


class Leaf(Template):
    """A template whose macros print their arguments and nothing of whoever imports them.

    So they are made once. Jinja asks at each import whether the importer brought globals of its
    own, which nothing here does, and which costs more than a macro (private; held by a test).
    """

    def _get_default_module(self, ctx: Any = None) -> Any:
        return self._module or super()._get_default_module()


def paragraphs(body: str) -> Markup:
    """Plain text as paragraphs and line breaks, everything escaped."""
    parts = [part.strip() for part in PARAGRAPH.split(body.replace("\r\n", "\n"))]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in part.split("\n")))
        for part in parts
        if part
    )


def chat_text(body: str) -> Markup:
    """A message as it was typed: line breaks kept, addresses as links that say where they lead."""
    made, at = [], 0
    for match in ADDRESS.finditer(body):
        made += [escape(body[at : match.start()]), LINK.format(match[0])]
        at = match.end()
    made.append(escape(body[at:]))
    return Markup("").join(made).replace("\n", Markup("<br>"))


def comment_text(body: str) -> Markup:
    """The same in paragraphs, for what everybody reads."""
    parts = [part.strip() for part in PARAGRAPH.split(body)]
    made = [Markup("<p>{}</p>").format(chat_text(part)) for part in parts if part]
    return Markup("").join(made)


def day_word(at: Local, now: datetime) -> str:
    """The heading of a day in a thread: Today, Yesterday, a date, with its year if not this."""
    today = now.astimezone(at.wall.tzinfo).date()
    if word := {0: _("Today"), 1: _("Yesterday")}.get((today - at.date).days):
        return word
    return at.day if at.date.year == today.year else f"{at.day} {at.date.year}"


def init_templates(app: Flask) -> None:
    """Give the helpers to Jinja."""
    environment = app.jinja_env
    environment.template_class = Leaf

    @lru_cache(maxsize=PIECES_KEPT)
    def made(name: str, values: tuple[tuple[str, Any], ...]) -> Markup:
        return Markup(environment.get_template(name).render(values))  # noqa: S704 - our own output

    def piece(name: str, **values: Any) -> Markup:
        """A template that prints nothing but `values` (hashable) and constants, made once.

        The values are the key, so equal ones print the same for everybody and nothing can be
        out of date. While templates are being written it is made each time.
        """
        make = made.__wrapped__ if environment.auto_reload else made
        return make(name, tuple(values.items()))

    environment.globals.update(
        piece=piece,
        card_title=card_title,
        card_icon=card_icon,
        day_word=day_word,
        instant=datetime.fromisoformat,
        clock_of=clock_of,
        day_of=day_of,
        local=local,
        relative=relative,
        same_clock=same_clock,
        zone_city=zone_city,
        language_names=language_names,
        Level=Level,
    )
    environment.filters["paragraphs"] = paragraphs
    environment.filters["chat_text"] = chat_text
    environment.filters["comment_text"] = comment_text
