"""What the pages do beyond HTML, and what they keep when something goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from skillswap.models import LearningSession
from tests.browser.conftest import CROWD, Place, Visitors
from tests.browser.visitor import Visitor
from tests.people import PASSWORD
from tests.support.chromium import ARGUMENTS, chromium

WISH = "I would like to write one page by hand that my grandfather can read without glasses."
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


def main_link(page: Page, name: str) -> Locator:
    """An entry of the frame's menu."""
    return page.get_by_role("navigation", name="Main").get_by_role("link", name=name)


# -- forms ----------------------------------------------------------------------------------------


@SCRIPTS
def test_a_refused_form_keeps_what_was_typed_and_points_at_the_field(
    place: Place, visitor: Visitors, javascript: bool
) -> None:
    one = visitor("Ivo", username="ivo", javascript=javascript)
    page = one.open("/people/teacher000/pitch")
    page.get_by_label("Your message").fill("Too short")
    with one.expecting(422):
        page.get_by_role("button", name="Send pitch").click()
        expect(page.get_by_label("Your message")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Your message")).to_have_value("Too short")
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.get_by_label("Your message")).to_have_accessible_description(
        re.compile("at least 20 characters")
    )
    assert one.path == "/people/teacher000/pitch"


def test_a_double_press_sends_once(place: Place, visitor: Visitors) -> None:
    one = visitor("Dina", username="dina")
    page = one.open("/people/teacher001/pitch")
    page.get_by_label("Your message").fill(WISH)
    page.get_by_role("button", name="Send pitch").dblclick()
    expect(page.get_by_text("Your pitch is with Teacher001.")).to_be_visible()
    assert sent_to(place, "teacher001") == 1


def sent_to(place: Place, username: str) -> int:
    """How many pitches a teacher has ever got."""
    statement = "SELECT count(*) FROM pitches JOIN users ON users.id = teacher_id"
    return place.sql(f"{statement} WHERE username = :name", name=username)[0][0]


def test_log_in_and_a_pitch_need_no_mouse(place: Place, visitor: Visitors) -> None:
    one = visitor("Fay")
    page = one.open("/login?next=/people/teacher002/pitch")
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type("fay@example.org")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pitch Teacher002")
    tab_to(page, page.get_by_label("I want to learn"))
    page.keyboard.type("Call")
    tab_to(page, page.get_by_label("Your message"))
    page.keyboard.type(WISH)
    tab_to(page, page.get_by_role("button", name="Send pitch"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your pitch is with Teacher002.")).to_be_visible()
    assert sent_to(place, "teacher002") == 1


def tab_to(page: Page, target: Locator, most: int = 40) -> None:
    """Press Tab until it has the focus."""
    for _ in range(most):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{most} presses of Tab do not reach {target}")


def test_the_first_press_of_tab_offers_to_skip_the_menu(visitor: Visitors) -> None:
    page = visitor("Ada", username="ada").open("/pitches")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


# -- moving about ---------------------------------------------------------------------------------


def test_a_boosted_link_keeps_the_page_and_moves_the_focus(visitor: Visitors) -> None:
    page = visitor("Ada", username="ada").open("/pitches")
    page.evaluate("window.stayed = true")
    main_link(page, "Sessions").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Sessions")
    expect(heading).to_be_focused()
    expect(page).to_have_title(re.compile("^Sessions"))
    expect(main_link(page, "Sessions")).to_have_attribute("aria-current", "page")
    assert page.evaluate("window.stayed")


def test_the_last_link_pressed_wins(visitor: Visitors) -> None:
    one = visitor("Ivo", username="ivo")
    page = one.open("/")
    held: list[Route] = []
    page.route("**/pitches", lambda route: held.append(route))
    with page.expect_request("**/pitches"):
        main_link(page, "Pitches").click()
    main_link(page, "Teachers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Find a teacher")
    for route in held:
        route.fulfill(body="<main><h1>Late</h1></main>", content_type="text/html")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    expect(page.get_by_role("heading", level=1)).to_have_text("Find a teacher")
    assert one.path == "/teachers"


def test_a_filter_stands_in_the_address_and_back_brings_the_whole_page(visitor: Visitors) -> None:
    one = visitor("Ada", username="ada")
    page = one.open("/teachers")
    everybody = page.locator("#found").inner_text()
    page.get_by_label("Skill or name").fill("calligraphy")
    expect(page.locator("#found")).to_have_text(re.compile(f"^{CROWD} teachers"))
    expect(page).to_have_url(re.compile(r"/teachers\?q=calligraphy$"))
    page.go_back()
    expect(page.locator("#found")).to_have_text(everybody)
    expect(page).to_have_url(re.compile(r"/teachers$"))
    expect(main_link(page, "Teachers")).to_be_visible()
    page.go_forward()
    expect(page.locator("#found")).to_have_text(re.compile(f"^{CROWD} teachers"))
    expect(main_link(page, "Teachers")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Skill or name")).to_have_value("calligraphy")


@SCRIPTS
def test_show_more_shows_each_teacher_once(visitor: Visitors, javascript: bool) -> None:
    page = visitor("Guest", javascript=javascript).open("/teachers?skill=calligraphy")
    more = page.get_by_role("link", name="Show more teachers")
    names, pages = cards(page), 1
    while more.count():
        before = page.url
        more.click()
        pages += 1
        if javascript:
            expect(page.get_by_role("article")).not_to_have_count(len(names))
            expect(
                page.get_by_role("article").nth(len(names)).get_by_role("link").first
            ).to_be_focused()
            names = cards(page)
        else:
            expect(page).not_to_have_url(before)
            names += cards(page)
    assert len(names) == len(set(names)) == CROWD
    assert pages > 2


def test_a_list_grows_while_one_scrolls_and_repeats_nothing(
    place: Place, visitor: Visitors
) -> None:
    copies = 50
    copy_session(place, "ivo", copies)
    page = visitor("Ivo", username="ivo").open("/sessions/past")
    rows = page.get_by_role("main").get_by_role("link", name=re.compile("^Piano with Ada"))
    few = rows.count()
    while rows.count() <= copies:
        shown = rows.count()
        page.mouse.wheel(0, 10_000)
        expect(rows).not_to_have_count(shown)
    addresses = rows.evaluate_all("(links) => links.map((link) => link.pathname)")
    assert len(addresses) == len(set(addresses)) == copies + 1 > 2 * few


def copy_session(place: Place, username: str, times: int) -> None:
    """Give somebody's one session that many twins, each an hour earlier."""
    columns = [
        c.name for c in LearningSession.__table__.columns if c.name not in ("id", "public_id")
    ]
    kept = [f"{name} - :earlier" if name in ("starts_at", "ends_at") else name for name in columns]
    for number in range(1, times + 1):
        place.sql(
            f"INSERT INTO learning_sessions (public_id, {', '.join(columns)})"  # noqa: S608
            f" SELECT :key, {', '.join(kept)} FROM learning_sessions WHERE id = (SELECT min(s.id)"
            " FROM learning_sessions s JOIN users u ON u.id = s.learner_id WHERE username = :name)",
            key=f"copy{number:08}",
            earlier=number * 3_600_000_000,
            name=username,
        )


def cards(page: Page) -> list[str]:
    """The names of the teachers that are shown."""
    return page.get_by_role("article").get_by_role("heading").all_inner_texts()


def test_the_keys_of_the_help_page_work(visitor: Visitors) -> None:
    page = visitor("Ada", username="ada").open("/pitches")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()
    page.keyboard.type("gs?")  # in a field they are letters
    expect(page.get_by_role("heading", level=1)).to_have_text("Pitches")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sessions")


# -- notices, and what is read --------------------------------------------------------------------


@SCRIPTS
def test_reading_a_page_reads_its_notifications(
    place: Place, visitor: Visitors, javascript: bool
) -> None:
    who = "rui" if javascript else "cy"
    place.sql("UPDATE notifications SET read_at = created_at")
    place.sql("UPDATE notifications SET read_at = NULL WHERE subject_type = 'pitches'")
    if not javascript:
        sender = visitor("Hal", username="hal")
        page = sender.open("/people/cy/pitch")
        page.get_by_label("Your message").fill(WISH)
        page.get_by_role("button", name="Send pitch").click()
        expect(page.get_by_text("Your pitch is with Cy.")).to_be_visible()
    one = visitor("Reader", username=who, javascript=javascript)
    page = one.open("/")
    bell = page.locator("#bell")
    expect(bell).to_have_accessible_name("Notifications, 1 unread")
    main_link(page, "Pitches").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pitches")
    page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()
    if not javascript:
        page.get_by_role("button", name=re.compile("read", re.IGNORECASE)).first.click()
    expect(bell).to_have_accessible_name("Notifications")


# -- leaving --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def remembering(chrome: Browser) -> Iterator[Browser]:
    """A Chromium that keeps pages for Back, as people's do (Playwright switches that off)."""
    own = chrome.browser_type.launch(
        executable_path=chromium(),
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield own
    own.close()


@SCRIPTS
def test_back_after_log_out_shows_nothing_private(
    place: Place, remembering: Browser, javascript: bool
) -> None:
    context = remembering.new_context(java_script_enabled=javascript)
    cookie = {"name": "skillswap", "value": place.cookie_of("ada"), "url": place.site.url}
    context.add_cookies([cookie])
    ada = Visitor("Ada", context, place.site.url)
    page = ada.open(place.town.pages[0])
    secret = page.get_by_text("I would love to paint one small picture")
    expect(secret.first).to_be_visible()
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    page.go_back(wait_until="commit")
    expect(page.get_by_label("Password")).to_be_visible()
    expect(secret).to_have_count(0)
    assert ada.problems == []
    context.close()


def test_a_cookie_that_was_copied_is_worth_nothing_after_log_out(
    place: Place, visitor: Visitors
) -> None:
    one = visitor("Jo", username="jo")
    copied = [c for c in one.context.cookies() if c["name"] == "skillswap"]
    page = one.open("/pitches")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    one.context.add_cookies(copied)
    one.open("/pitches")
    expect(page.get_by_label("Password")).to_be_visible()
