"""What open pages show without being asked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors
from tests.people import PASSWORD

WISH = "I would like to write one page by hand that my grandfather can read without glasses."
HIDE = """
Object.defineProperty(document, "hidden", { configurable: true, get: () => %s });
document.dispatchEvent(new Event("visibilitychange"));
"""


OPEN = """
async () => {
  const isOpen = () =>
    document.getElementById("live-socket")?._htmx?.ws?.connection?.socket?.readyState === 1;
  while (!isOpen()) await new Promise((next) => setTimeout(next, 20));
}
"""


def open_live(page: Page) -> None:
    """Wait until the socket of the page is open."""
    page.evaluate(OPEN)


def send_pitch(visitor: Visitors, sender: str, teacher: str) -> str:
    """Somebody pitches; the path of the pitch."""
    one = visitor(f"sender-{sender}", username=sender)
    page = one.open(f"/people/{teacher}/pitch")
    page.get_by_label("Your message").fill(WISH)
    page.get_by_role("button", name="Send pitch").click()
    expect(page.get_by_text("Your pitch is with")).to_be_visible()
    return one.path


def test_the_bell_rings_without_a_reload(visitor: Visitors) -> None:
    teacher = visitor("Teacher", username="teacher010").open("/help")
    open_live(teacher)
    send_pitch(visitor, "eli", "teacher010")
    expect(teacher.get_by_role("link", name="Notifications, 1 unread")).to_be_visible()
    entry = teacher.get_by_role("navigation", name="Main").get_by_role("link", name="Pitches")
    expect(entry).to_contain_text("1")


def test_an_open_pitch_shows_its_answer(visitor: Visitors) -> None:
    path = send_pitch(visitor, "fay", "teacher011")
    learner = visitor("Learner", username="fay").open(path)
    open_live(learner)
    teacher = visitor("Teacher", username="teacher011").open(path)
    teacher.get_by_role("button", name="Accept").first.click()
    expect(teacher.locator("#pitch-detail")).to_have_attribute("data-state", "accepted")
    expect(learner.locator("#pitch-detail")).to_have_attribute("data-state", "accepted")


def test_what_is_being_written_stays_until_its_writer_looks(visitor: Visitors) -> None:
    path = send_pitch(visitor, "gus", "teacher012")
    teacher = visitor("Teacher", username="teacher012").open(path)
    open_live(teacher)
    teacher.get_by_text("Ask", exact=False).first.click()
    words = teacher.locator("#pitch-detail textarea:visible").first
    words.fill("Which pens do you have at home?")
    words.blur()
    learner = visitor("Learner", username="gus").open(path)
    learner.get_by_text("Withdraw", exact=True).click()
    learner.get_by_role("button", name="Withdraw pitch").click()
    offer = teacher.get_by_text("This has changed.")
    expect(offer).to_be_visible()
    expect(words).to_have_value("Which pens do you have at home?")
    teacher.get_by_role("button", name="Show it").click()
    expect(teacher.locator("#pitch-detail")).to_have_attribute("data-state", "withdrawn")
    expect(offer).to_have_count(0)


def test_one_socket_lasts_for_the_visit(visitor: Visitors) -> None:
    one = visitor("Hal", username="hal")
    opened: list[str] = []
    one.page.on("websocket", lambda socket: opened.append(socket.url))
    page = one.open("/")
    open_live(page)
    for name in ("Teachers", "Pitches", "Sessions"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(name.lower()))
    page.go_back()
    expect(page).to_have_url(re.compile("/pitches"))
    open_live(page)
    assert len(opened) == 1


def test_whoever_is_signed_out_elsewhere_is_led_to_the_log_in_page(visitor: Visitors) -> None:
    here, elsewhere = visitor("Here", username="jo"), visitor("Elsewhere", username="jo")
    page = here.open("/teachers?q=calligraphy")
    open_live(page)
    other = elsewhere.open("/settings/security")
    form = other.locator("form", has=other.get_by_role("button", name="Sign out everywhere else"))
    form.locator("input[type=password]:visible").fill(PASSWORD)
    other.get_by_role("button", name="Sign out everywhere else").click()
    expect(page).to_have_url(re.compile(r"/login\?ended=1&next=%2Fteachers%3Fq%3Dcalligraphy"))
    expect(page.get_by_text("You were signed out. Log in to go on.")).to_be_visible()
    open_live(other)


def test_logging_out_leads_home_and_not_to_the_log_in_page(visitor: Visitors) -> None:
    page = visitor("Ivo", username="ivo").open("/teachers")
    open_live(page)
    page.get_by_role("button", name=re.compile("menu|account", re.IGNORECASE)).first.click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Join free").first).to_be_visible()
    assert page.url.rstrip("/").endswith(str(page.evaluate("location.port")))


@pytest.mark.parametrize("how", ["hidden", "back"])
def test_a_page_that_was_away_is_live_again(visitor: Visitors, how: str) -> None:
    number = {"hidden": "013", "back": "014"}[how]
    teacher = visitor("Teacher", username=f"teacher{number}").open("/help")
    open_live(teacher)
    if how == "hidden":
        teacher.evaluate(HIDE % "true")
        send_pitch(visitor, "ivo", f"teacher{number}")
        expect(teacher.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
        teacher.evaluate(HIDE % "false")
    else:
        teacher.goto("about:blank")
        send_pitch(visitor, "ivo", f"teacher{number}")
        teacher.go_back()
    open_live(teacher)
    expect(teacher.get_by_role("link", name="Notifications, 1 unread")).to_be_visible()
