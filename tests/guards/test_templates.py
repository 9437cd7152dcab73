"""Do templates keep to what the content security policy and the no-script path need?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from skillswap.config import ROOT

TEMPLATES = ROOT / "skillswap" / "templates"
ALL = sorted(TEMPLATES.rglob("*.html"))
NAMES = [str(path.relative_to(TEMPLATES)) for path in ALL]
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
# columns that hold HTML made by lib/markdown.py at write time, and a constant of ui.html
SAFE = {
    "announcements/_notes.html": 1,
    "moderation/_announcement.html": 1,
    "ui.html": 1,
    "exchanges/_notes.html": 1,
    "profiles/show.html": 1,
    "profiles/_about.html": 1,
    "posts/_card.html": 1,
    "posts/_preview.html": 1,
}


def source(path: Path) -> str:
    """The template without its comments."""
    return COMMENT.sub("", path.read_text())


@pytest.fixture(params=ALL, ids=NAMES)
def template(request: pytest.FixtureRequest) -> Path:
    """Each template in turn."""
    return request.param


def test_nothing_is_inline(template: Path) -> None:
    text = source(template)
    assert not re.search(r"<style\b|\sstyle=|\son\w+=|hx-on|[\"']js:|javascript:", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in script


def test_every_form_that_posts_carries_its_token(template: Path) -> None:
    for form in FORM.findall(source(template)):
        if re.search(r'method="post"', form, re.IGNORECASE):
            assert "csrf" in form, form[:120]
            assert re.search(r'\saction="', form), "it must work without a script"


def test_every_button_says_its_type(template: Path) -> None:
    for button in re.findall(r"<button\b[^>]*>", source(template)):
        assert re.search(r'\stype="(submit|button|reset)"', button), button


def test_what_htmx_sends_a_plain_browser_sends_too(template: Path) -> None:
    for tag in re.findall(r"<\w+\b[^>]*\shx-(?:get|post)=[^>]*>", source(template)):
        assert tag.startswith(("<a ", "<form ", "<button ", "<input ", "<select ")), tag
        if tag.startswith("<a "):
            assert " href=" in tag
        if tag.startswith("<form "):
            assert " action=" in tag


def test_people_s_markup_is_ignored_by_htmx(template: Path) -> None:
    text = source(template)
    name = str(template.relative_to(TEMPLATES))
    assert len(re.findall(r"\|\s*safe\b", text)) <= SAFE.get(name, 0)
    for place in re.finditer(r"html\s*\|\s*safe", text):
        before = text[max(0, place.start() - 200) : place.start()]
        assert "hx-ignore" in before.rsplit("<div", 1)[-1]


def test_every_endpoint_that_is_linked_exists(app: Flask, template: Path) -> None:
    for endpoint in re.findall(r'url_for\(\s*"([\w.]+)"', source(template)):
        assert endpoint in app.view_functions, endpoint


def test_every_file_escapes(app: Flask, template: Path) -> None:
    assert app.jinja_env.autoescape is True or app.jinja_env.autoescape(template.name)
    assert "autoescape false" not in source(template)
