"""What may templates call? Pure helpers; none of them asks the database."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flask import Flask
from jinja2 import Template
from markupsafe import Markup, escape

from skillswap.lib.clock import local, relative, same_clock, zone_city
from skillswap.lib.languages import language_names
from skillswap.models import Level

PIECES_KEPT = 4_000  # of one or two kilobytes each
PARAGRAPH = re.compile(r"\n\s*\n")


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
        local=local,
        relative=relative,
        same_clock=same_clock,
        zone_city=zone_city,
        language_names=language_names,
        Level=Level,
    )
    environment.filters["paragraphs"] = paragraphs
