"""What may templates call? Pure helpers; none of them asks the database."""

from __future__ import annotations

import re

from flask import Flask
from markupsafe import Markup, escape

from skillswap.lib.clock import local, relative, same_clock, zone_city
from skillswap.lib.languages import language_names
from skillswap.models import Level

PARAGRAPH = re.compile(r"\n\s*\n")


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
    app.jinja_env.globals.update(
        local=local,
        relative=relative,
        same_clock=same_clock,
        zone_city=zone_city,
        language_names=language_names,
        Level=Level,
    )
    app.jinja_env.filters["paragraphs"] = paragraphs
