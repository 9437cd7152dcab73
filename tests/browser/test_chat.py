"""Two people write to each other, and whatever happens to the connection meanwhile."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import conversations
from skillswap.lib.clock import utcnow
from skillswap.models import Conversation, Exchange, User
from tests import people
from tests.browser.conftest import Place, Visitors
from tests.browser.test_live import HIDE, open_live
from tests.browser.visitor import Visitor
from tests.support.chromium import ARGUMENTS, chromium
from tests.support.processes import free_port
from tests.support.server import server

LINES = ".bubble .said"
MINUTE = timedelta(minutes=1)


class Pair:
    """Two partners with a thread of their own, and what happens behind their pages."""

    def __init__(self, place: Place, number: int) -> None:
        self.place, self.names = place, (f"una{number}", f"vic{number}")
        with place.app.app_context():
            una, vic = (people.make_person(name, offers=("Cooking",)) for name in self.names)
            made = people.make_exchange(vic, una, "cooking")
            self.exchange = made.public_id
            where = (Conversation.low_id == una.id) & (Conversation.high_id == vic.id)
            self.key = db.session.scalars(select(Conversation.public_id).where(where)).one()
            db.session.remove()
        self.path = f"/chat/{self.key}"

    def person(self, name: str) -> User:
        return db.session.scalars(select(User).where(User.username == name)).one()

    def write(self, who: int, *bodies: str) -> None:
        """Lines of one of the two, written in another process than the server's."""
        with self.place.app.app_context():
            for body in bodies:
                with transaction():
                    conversations.send_message(
                        self.person(self.names[who]),
                        self.key,
                        body=body,
                        client_key="",
                        now=utcnow() - MINUTE,
                    )
            db.session.remove()

    def offer(self, who: int) -> str:
        """One of the two offers times; the path of the session."""
        with self.place.app.app_context():
            exchange = db.session.scalars(
                select(Exchange).where(Exchange.public_id == self.exchange)
            ).one()
            made = people.make_proposal(self.person(self.names[who]), exchange)
            path = f"/sessions/{made.public_id}"
            db.session.remove()
        return path


@pytest.fixture
def pair(place: Place) -> Pair:
    """Una and Vic, other ones in each test."""
    number = place.sql("SELECT count(*) FROM users")[0][0]
    return Pair(place, number)


Both = tuple[Page, Page]


@pytest.fixture
def both(pair: Pair, visitor: Visitors) -> Both:
    """The thread, open before both."""
    pages = [visitor(name, username=name).open(pair.path) for name in pair.names]
    for page in pages:
        open_live(page)
    return pages[0], pages[1]


def say(page: Page, text: str) -> None:
    page.locator("#body").fill(text)
    page.locator("#body").press("Enter")


def mark(page: Page, text: str, word: str) -> None:
    """The line of that text carries that mark."""
    line = page.locator(".bubble--mine").filter(has_text=text)
    expect(line.get_by_role("img", name=word, exact=True)).to_be_visible()


@pytest.fixture
def forgiving(visitor: Visitors) -> Iterator[Visitors]:
    """A visitor whose outages are meant: what the browser says of them counts for nothing."""
    there: list[Visitor] = []

    def make(name: str, **how: object) -> Visitor:
        there.append(visitor(name, **how))
        return there[-1]

    yield make
    for one in there:
        one.page.goto("about:blank")
        one.problems[:] = [each for each in one.problems if "policy" in each]


# -- while all is well ----------------------------------------------------------------------------


def test_two_people_chat_both_ways(both: Both) -> None:
    una, vic = both
    say(una, "Shall we start with dal?")
    expect(vic.locator(LINES)).to_have_text(["Shall we start with dal?"])
    expect(una.locator("#body")).to_have_value("")
    expect(una.locator("#body")).to_be_focused()
    mark(una, "dal", "Read")
    say(vic, "Yes.\nWith lemon.")
    say(vic, "And rice?")
    expect(una.locator(LINES)).to_have_text(
        ["Shall we start with dal?", "Yes.With lemon.", "And rice?"]
    )
    mark(vic, "rice", "Read")


def test_a_new_line_brings_its_row_to_the_top_of_the_list(
    place: Place, pair: Pair, visitor: Visitors
) -> None:
    with place.app.app_context():
        wim = people.make_person(f"wim{pair.names[0]}", offers=("Piano",))
        people.make_exchange(wim, pair.person(pair.names[0]), "cooking")
        db.session.remove()
    vic = visitor("vic", username=pair.names[1]).open(pair.path)
    open_live(vic)
    threads = [visitor(f"una at {path}", username=pair.names[0]) for path in (pair.path, "/chat")]
    for una, path in zip(threads, (pair.path, "/chat"), strict=True):
        una.open(path)
        open_live(una.page)
        expect(una.page.locator("#conversations li")).to_have_count(2)
        expect(una.page.locator("#conversations li").first).to_contain_text("Wim")
    say(vic, "Shall we start with dal?")
    for una in threads:
        rows = una.page.locator("#conversations li")
        expect(rows.first).to_contain_text("Shall we start with dal?")
        expect(rows).to_have_count(2)
    mark(vic, "dal", "Read")  # by the page of the thread: the other one hears of it
    expect(threads[1].page.locator("#conversations .count")).to_have_count(0)
    expect(threads[1].page.locator("#conversations li").first).to_contain_text("dal")


def test_typing_shows_and_goes(both: Both) -> None:
    una, vic = both
    vic.locator("#body").press_sequentially("Let me")
    note = una.locator("[data-typing]")
    expect(note).to_contain_text("is writing")
    expect(note).to_be_empty()
    vic.locator("#body").press_sequentially(" see")
    expect(note).to_contain_text("is writing")
    vic.locator("#body").press("Enter")
    expect(una.locator(LINES)).to_have_text(["Let me see"])
    expect(note).to_be_empty(timeout=2_000)


def test_another_tab_shows_my_line_once(both: Both, visitor: Visitors, pair: Pair) -> None:
    una, _vic = both
    other = visitor("Una's other tab", username=pair.names[0]).open(pair.path)
    open_live(other)
    for number in range(3):
        say(una, f"Line {number}")
        expect(una.locator(LINES)).to_have_count(number + 1)
    expect(other.locator(LINES)).to_have_text(["Line 0", "Line 1", "Line 2"])
    expect(una.locator(LINES)).to_have_count(3)


def test_who_writes_faster_than_the_server_answers_loses_nothing(both: Both, pair: Pair) -> None:
    una, vic = both
    una.locator("#body").focus()
    una.keyboard.type("One\nTwo\nThree\nFour")
    expect(vic.locator("#messages-" + pair.key)).to_contain_text("Three")
    expect(una.locator("#body")).to_have_value("Four")
    una.keyboard.press("Enter")
    expect(vic.locator(LINES).last).to_have_text("Four")
    said = " ".join(vic.locator(LINES).all_inner_texts()).split()
    assert said == ["One", "Two", "Three", "Four"]


def test_a_form_still_settling_is_not_sent_by_leaving_the_page(both: Both, pair: Pair) -> None:
    """What the other tabs hear arrives while htmx has not taken the new form in hand yet."""
    una, vic = both
    una.evaluate("htmx.config.defaultSettleDelay = 400; window.stayed = true")
    una.locator("#body").focus()
    una.keyboard.type("One\nTwo\nThree\nFour")
    expect(vic.locator("#messages-" + pair.key)).to_contain_text("Three")
    expect(una.locator("#body")).to_have_value("Four")
    assert una.evaluate("window.stayed")


def test_a_card_is_answered_within_the_thread(both: Both, pair: Pair) -> None:
    una, vic = both
    pair.offer(1)
    una.reload()
    vic.reload()
    open_live(vic)
    una.locator("#body").fill("Not sent yet")
    una.locator(".event form[action$='/accept'] button").first.click()
    expect(una.get_by_text("It is agreed.")).to_be_visible()
    for page in both:
        expect(page.locator(".event").filter(has_text="Session scheduled")).to_be_visible()
        expect(page.locator("form[action$='/accept']")).to_have_count(0)
    expect(una.locator("#body")).to_have_value("Not sent yet")
    assert "/chat/" in una.url


def test_what_is_answered_elsewhere_is_offered_no_more(
    both: Both, pair: Pair, visitor: Visitors
) -> None:
    una, _vic = both
    path = pair.offer(1)
    una.reload()
    open_live(una)
    expect(una.locator("form[action$='/decline']")).to_have_count(1)
    vic = visitor("Vic elsewhere", username=pair.names[1]).open(path)
    vic.get_by_role("button", name=re.compile("Take .*back|Withdraw", re.IGNORECASE)).first.click()
    expect(una.locator("form[action$='/decline']")).to_have_count(0)
    expect(una.locator("form[action$='/accept']")).to_have_count(0)


def test_what_a_card_cannot_do_is_said_and_the_card_stays(pair: Pair, visitor: Visitors) -> None:
    pair.offer(1)
    una = visitor("Una", username=pair.names[0])
    page = una.open(pair.path)
    page.locator("#body").fill("Not sent yet")
    form = page.locator("form[action$='/accept']").first
    form.locator("[name=start]").evaluate("(field) => { field.value = 'never'; }")
    with una.expecting(422):
        form.get_by_role("button").click()
        expect(page.locator("#toasts .toast")).to_be_visible()
    expect(page.locator("form[action$='/decline']")).to_have_count(1)
    expect(page.locator("#body")).to_have_value("Not sent yet")


# -- what is refused ------------------------------------------------------------------------------


def test_what_is_too_long_comes_back_with_its_text(pair: Pair, visitor: Visitors) -> None:
    una = visitor("Una", username=pair.names[0])
    page = una.open(pair.path)
    long = "word " * 1000 + "x"
    with una.expecting(422):
        say(page, long)
        expect(page.get_by_text("At most 5000 characters.")).to_be_visible()
    expect(page.locator("#body")).to_have_value(long)
    expect(page.locator("#body")).to_be_focused()
    say(page, long[:5000])
    expect(page.locator(LINES)).to_have_count(1)


def test_without_a_network_the_text_stays(
    pair: Pair, visitor: Visitors, forgiving: Visitors
) -> None:
    una = forgiving("Una", username=pair.names[0]).open(pair.path)
    vic = visitor("Vic", username=pair.names[1]).open(pair.path)
    open_live(vic)
    una.context.set_offline(True)
    say(una, "Kept for later")
    expect(una.get_by_text("No connection.")).to_be_visible()
    expect(una.locator("#body")).to_have_value("Kept for later")
    una.context.set_offline(False)
    una.locator("#body").press("Enter")
    expect(vic.locator(LINES)).to_have_text(["Kept for later"])
    expect(una.locator("#body")).to_have_value("")


# -- when the connection goes ---------------------------------------------------------------------


def test_the_server_is_killed_and_comes_back(place: Place, pair: Pair, forgiving: Visitors) -> None:
    port, there = free_port(), [forgiving(name, username=name) for name in pair.names]
    with server(place.env, port=port) as site:
        for one in there:
            one.base = site.url
            open_live(one.open(pair.path))
        una, vic = (one.page for one in there)
        say(una, "Before")
        expect(vic.locator(LINES)).to_have_text(["Before"])
        os.killpg(site.process.pid, signal.SIGKILL)
        for page in (una, vic):
            expect(page.get_by_text("Reconnecting. Messages are kept.")).to_be_visible()
        pair.write(1, "While away 1", "While away 2")
        pair.write(0, "While away 3")
        say(una, "Typed while away")
        expect(una.locator("#body")).to_have_value("Typed while away")
    with server(place.env, port=port):
        said = ["Before", "While away 1", "While away 2", "While away 3"]
        for page in (una, vic):
            expect(page.locator(LINES)).to_have_text(said, timeout=20_000)
            expect(page.get_by_text("Reconnecting. Messages are kept.")).to_have_count(0)
        una.locator("#body").press("Enter")
        say(vic, "After")
        for page in (una, vic):
            expect(page.locator(LINES)).to_have_count(6)
        assert una.locator(LINES).all_inner_texts()[4:] == vic.locator(LINES).all_inner_texts()[4:]


def test_a_hidden_tab_catches_up(both: Both, pair: Pair) -> None:
    una, vic = both
    vic.evaluate(HIDE % "true")
    for number in range(3):
        say(una, f"Line {number}")
        expect(una.locator(LINES)).to_have_count(number + 1)
    vic.evaluate(HIDE % "false")
    expect(vic.locator(LINES)).to_have_text(["Line 0", "Line 1", "Line 2"])
    mark(una, "Line 2", "Read")
    say(vic, "Back")
    expect(una.locator(LINES)).to_have_count(4)


@pytest.fixture(scope="module")
def keeping(chrome: Browser) -> Iterator[Browser]:
    """A browser with its back-forward cache, which Playwright switches off. Our pages ask not to
    be stored, so today Chromium loads them again here too."""
    browser = chrome.browser_type.launch(
        executable_path=chromium(),
        args=[*ARGUMENTS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


@pytest.mark.parametrize("cache", [True, False], ids=["kept", "loaded again"])
def test_back_returns_a_live_page(
    place: Place, pair: Pair, visitor: Visitors, chrome: Browser, keeping: Browser, *, cache: bool
) -> None:
    una = visitor("Una", username=pair.names[0]).open(pair.path)
    open_live(una)
    context = (keeping if cache else chrome).new_context(service_workers="block")
    cookie = {"name": "skillswap", "value": place.cookie_of(pair.names[1])}
    context.add_cookies([{**cookie, "url": place.site.url}])
    vic = context.new_page()
    vic.goto(place.site.url + pair.path)
    open_live(vic)
    vic.goto(place.site.url + "/help")
    say(una, "While away")
    expect(una.locator(LINES)).to_have_count(1)
    vic.go_back(wait_until="commit")
    expect(vic.locator(LINES)).to_have_text(["While away"])
    open_live(vic)
    say(una, "And now")
    expect(vic.locator(LINES)).to_have_text(["While away", "And now"])
    mark(una, "And now", "Read")
    context.close()


# -- when one may not any more --------------------------------------------------------------------


def test_a_block_ends_an_open_thread(pair: Pair, visitor: Visitors) -> None:
    una = visitor("Una", username=pair.names[0])
    vic = visitor("Vic", username=pair.names[1])
    one, other = una.open(pair.path), vic.open(pair.path)
    open_live(other)
    one.get_by_role("button", name=re.compile("^More")).first.click()
    one.get_by_role("button", name=re.compile("^Block")).click()
    expect(one.get_by_text("no longer exist").first).to_be_visible()
    with vic.expecting(404):
        say(other, "Why?")
        expect(other.locator("#toasts .toast")).to_be_visible()
    expect(other.locator(LINES)).to_have_count(0)
    expect(other.locator("#body")).to_have_value("Why?")


def test_whoever_is_suspended_leaves_the_thread(
    place: Place, pair: Pair, visitor: Visitors
) -> None:
    una = visitor("Una", username=pair.names[0]).open(pair.path)
    vic = visitor("Vic", username=pair.names[1]).open(pair.path)
    for page in (una, vic):
        open_live(page)
    place.sql("UPDATE users SET state = 'suspended' WHERE username = :who", who=pair.names[1])
    expect(vic).to_have_url(re.compile("/login"), timeout=40_000)


# -- without scripts ------------------------------------------------------------------------------


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), (30, 120, 90)).save(out, "PNG")
    return out.getvalue()


def test_the_same_thread_works_without_scripts(pair: Pair, visitor: Visitors) -> None:
    una = visitor("Una", username=pair.names[0], javascript=False)
    vic = visitor("Vic", username=pair.names[1], javascript=False)
    page, other = una.open(pair.path), vic.open(pair.path)
    page.locator("#body").fill("Shall we start with dal?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(LINES)).to_have_text(["Shall we start with dal?"])
    mark(page, "dal", "Sent")

    other.reload()
    expect(other.locator(LINES)).to_have_text(["Shall we start with dal?"])
    other.get_by_role("button", name="Mark as read").click()
    expect(other.get_by_role("button", name="Mark as read")).to_have_count(0)
    page.reload()
    mark(page, "dal", "Read")

    page.get_by_role("button", name=re.compile("More about your message")).click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Message").fill("Shall we start with soup?")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(LINES)).to_have_text(["Shall we start with soup?"])
    expect(page.locator(".bubble--mine time")).to_contain_text("edited")

    other.locator("#file").set_input_files(
        {"name": "pot.png", "mimeType": "image/png", "buffer": picture()}
    )
    other.get_by_role("button", name="Send").click()
    expect(other.get_by_role("img", name="Picture: pot.png")).to_be_visible()
    page.reload()
    expect(page.get_by_role("img", name="Picture: pot.png")).to_be_visible()

    page.get_by_role("button", name=re.compile("More about your message")).click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Message deleted")).to_be_visible()
    other.reload()
    expect(other.get_by_text("Message deleted")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_older_messages_are_a_click_away(
    pair: Pair, visitor: Visitors, *, javascript: bool
) -> None:
    pair.write(0, *(f"Line {number}" for number in range(19)))
    pair.write(1, *(f"Line {number}" for number in range(19, 38)))
    una = visitor("Una", username=pair.names[0], javascript=javascript)
    page = una.open(pair.path)
    expect(page.locator(LINES).last).to_have_text("Line 37")
    if javascript:
        page.locator(".more").scroll_into_view_if_needed()
        expect(page.locator(LINES)).to_have_text([f"Line {number}" for number in range(38)])
    else:
        page.get_by_role("link", name="Earlier messages").click()
        expect(page.locator(LINES).first).to_have_text("Line 0")


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_request_is_let_in(
    place: Place, pair: Pair, visitor: Visitors, *, javascript: bool
) -> None:
    stranger = f"zoe{pair.names[0]}"
    with place.app.app_context():
        people.make_person(stranger)
        db.session.remove()
    zoe = visitor("Zoe", username=stranger, javascript=javascript)
    page = zoe.open(f"/chat/with/{pair.names[0]}")
    expect(page.get_by_text("this is one message into Requests")).to_be_visible()
    page.locator("#body").fill("May I ask you something?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your message waits until")).to_be_visible()
    expect(page.locator("#body")).to_have_count(0)

    una = visitor("Una", username=pair.names[0], javascript=javascript)
    asked = una.open("/chat?requests=1")
    asked.get_by_role("link", name=re.compile("May I ask you something")).click()
    asked.get_by_role("button", name="Let in").click()
    expect(asked.get_by_text("can write to you now")).to_be_visible()
    if not javascript:
        page.reload()
    page.locator("#body").fill("Thank you")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(LINES)).to_have_text(["May I ask you something?", "Thank you"])
