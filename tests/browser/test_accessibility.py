"""Can everybody read and press everything? axe-core on every page, in each size and scheme.

One page is loaded once for a width and looked at in both schemes. The pages are those of the
town, and whatever links lead to: a new page joins by being linked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from tests.browser.conftest import Place, Visitors
from tests.browser.visitor import Visitor

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# what a scheme can change of a page that was looked at whole in the other one
COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """
which => axe.run(document, {runOnly: which, resultTypes: ["violations"]}).then(
  ({violations}) => violations.flatMap(({id, nodes}) => nodes.map(
    ({html, failureSummary}) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`)))
"""
SIDEWAYS = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
# every visible control that is not a link within a line of text; a label makes its control larger
SMALL = """
() => {
  const small = [];
  const inline = (link) => {
    const box = link.parentElement;
    return getComputedStyle(link).display === "inline" && box.textContent.trim().length >
      link.textContent.trim().length;
  };
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  for (const control of document.querySelectorAll(controls)) {
    const label = control.matches("input") ? control.closest("label") : null;
    const target = label ?? control;
    if (!target.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    // .sr is pressed by its label, or stands first for the Enter key alone
    if (control.matches(".skip, .sr") || (control.matches("a") && inline(control))) continue;
    const {width, height} = target.getBoundingClientRect();
    if (width < 1 || height < 1) continue;
    if (width < 43.5 || height < 43.5) {
      const size = `${Math.round(width)} x ${Math.round(height)}`;
      small.push(`${size}: ${control.outerHTML.slice(0, 160)}`);
    }
  }
  return small;
}
"""
LINKS = '() => [...document.querySelectorAll("a[href]")].map((link) => link.href)'
FILES = (".ics", ".atom", ".webp")  # for other programs, and pictures alone
WIDTHS = (390, 1280)
STARTS = {
    None: ["/", "/login", "/signup", "/teachers", "/teachers?q=nobody+teaches+this"],
    "nell": ["/", "/pitches", "/sessions", "/exchanges", "/notifications", "/settings/skills"],
    "ada": [
        "/",
        "/posts/new",
        "/pitches",
        "/sessions",
        "/exchanges",
        "/notifications",
        "/settings/profile",
    ],
}
WHO = pytest.mark.parametrize("username", STARTS, ids=["visitor", "fresh", "ada"])


def every_page(place: Place, one: Visitor, username: str | None) -> Iterator[str]:
    """Opens page after page: where to start, what the town has, and the first of each further
    kind that is linked. What comes out has just been opened."""
    waiting = STARTS[username] + (place.town.pages if username == "ada" else [])
    fixed, seen, kinds = set(waiting), set(waiting), Counter[str]()
    addresses = place.app.url_map.bind("localhost")
    while waiting:
        path = waiting.pop(0)
        try:
            kind = addresses.match(urlsplit(path).path, method="GET")[0]
        except HTTPException:
            kind = path
        kinds[kind] += 1
        if path not in fixed and kinds[kind] > 1:
            continue
        one.open(path)
        for link in one.page.evaluate(LINKS):
            url = urlsplit(link)
            here = link.startswith(one.base) and "/static/" not in link
            if here and url.path not in seen and not url.path.endswith(FILES):
                seen.add(url.path)
                # a report is about something; without it there is no such page
                waiting.append(f"/report?{url.query}" if url.path == "/report" else url.path)
        yield path


def violations(one: Visitor) -> list[str]:
    """What axe says of the open page, in both schemes."""
    found = []
    one.page.evaluate(AXE)
    for scheme, which in (("light", TAGS), ("dark", COLOURS)):
        one.page.emulate_media(color_scheme=scheme)
        found += [f"{one.path} in {scheme}: {each}" for each in one.page.evaluate(RUN, which)]
    return found


@WHO
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(
    place: Place, visitor: Visitors, username: str | None, width: int
) -> None:
    one = visitor("Reader", username=username, width=width)
    found = []
    for _path in every_page(place, one, username):
        found += violations(one)
    assert found == [], "\n".join(found)


@WHO
def test_nothing_scrolls_sideways_and_everything_can_be_pressed(
    place: Place, visitor: Visitors, username: str | None
) -> None:
    one = visitor("Thumb", username=username, width=320)
    faults = []
    for path in every_page(place, one, username):
        wide = one.page.evaluate(SIDEWAYS)
        faults += [f"{path}: {wide} px too wide"] if wide else []
        faults += [f"{path}: {each}" for each in one.page.evaluate(SMALL)]
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_where_something_went_wrong(
    place: Place, visitor: Visitors, width: int
) -> None:
    visits = visitor("Guest", width=width)
    with visits.expecting(404):
        visits.open("/nowhere")
    found = violations(visits)
    with visits.expecting(422):
        visits.open("/signup").get_by_role("button", name="Create account").evaluate(
            "(button) => { button.form.noValidate = true; button.click(); }"
        )
        visits.page.locator("[aria-invalid=true]").first.wait_for()
    found += violations(visits)

    ada = visitor("Ada", username="ada", width=width)
    with ada.expecting(404):
        ada.open("/pitches/abcdefghijkl")
    found += violations(ada)
    with ada.expecting(422):
        page = ada.open("/settings/profile")
        page.get_by_label("First name").fill("")
        page.get_by_role("button", name="Save profile").evaluate(
            "(button) => { button.form.noValidate = true; button.click(); }"
        )
        page.locator("[aria-invalid=true]").first.wait_for()
    found += violations(ada)
    with ada.expecting(409):
        answered(ada, place)
    found += violations(ada)
    assert found == []


def answered(ada: Visitor, place: Place) -> None:
    """Send an answer to a pitch that was withdrawn meanwhile, as an old page would."""
    page = ada.open(place.town.pages[0])  # pending: its form is here
    closed = place.town.pages[3]
    page.locator('form[action$="/accept"]').evaluate(
        f"""(form) => {{
          const copy = form.cloneNode(true);
          for (const name of copy.getAttributeNames()) {{
            if (name.startsWith("hx-")) copy.removeAttribute(name);
          }}
          copy.action = "{closed}/accept";
          copy.setAttribute("hx-ignore", "");
          document.body.append(copy);
          copy.submit();
        }}"""
    )
    page.get_by_role("heading", level=1, name=re.compile("quicker")).wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_for_somebody_not_confirmed(
    place: Place, visitor: Visitors, width: int
) -> None:
    """Not crawled: these pages link to the mails kept here, which are everybody's."""
    place.sql("UPDATE users SET email_confirmed_at = NULL WHERE username = 'nell'")
    one = visitor("Reader", username="nell", width=width)
    found = []
    for path in ("/", "/people/ada/pitch", "/settings/security", "/password/forgot?sent=1"):
        one.open(path)
        found += violations(one)
        assert one.page.evaluate(SIDEWAYS) <= 0, path
    place.sql("UPDATE users SET email_confirmed_at = created_at WHERE username = 'nell'")
    assert found == [], "\n".join(found)
