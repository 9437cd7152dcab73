"""The whole way of two people, in two browsers: from joining to a session that happened.

Once with scripts and once without, step by step as they would press it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Place, Visitors
from tests.browser.visitor import CALLS, Visitor

LISBON, MEXICO = "Europe/Lisbon", "America/Mexico_City"
PASSWORD = "three kind words today"
BIO = "I paint small pictures of big rivers, mostly in the rain, and I bake bread on Sundays."
WISH = "I would love to paint one small picture of the river for my mother before June."
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_two_people_find_each_other_and_meet(
    place: Place, visitor: Visitors, javascript: bool
) -> None:
    place.sql("DELETE FROM attempts")
    how = {"javascript": javascript}
    teacher = visitor("Aurelia" if javascript else "Benedita", timezone=LISBON, **how)
    learner = visitor("Chidi" if javascript else "Dolores", timezone=MEXICO, **how)

    join(teacher, "Teach", LISBON, guessed=javascript)
    tell(teacher)
    add_skill(teacher, "You teach", "Watercolour")
    join(learner, "Both", MEXICO, guessed=javascript)
    tell(learner)
    add_skill(learner, "You teach", "Sourdough")

    find(learner, teacher)
    pitch(learner, teacher)
    accept(teacher, learner)
    starts = propose(teacher, learner)
    key = pick(learner, starts[1])
    for one, there in ((teacher, MEXICO), (learner, LISBON)):
        see_both_clocks(one, starts[1], there)

    move(place, key, datetime.now(UTC) + timedelta(minutes=5))
    for one in (teacher, learner):
        enter_the_call(one)
    assert teacher.calls[0] == learner.calls[0]
    assert re.fullmatch(re.escape(CALLS) + r"/[\w-]{16,}.*", teacher.calls[0])

    move(place, key, datetime.now(UTC) - timedelta(hours=2))
    for one in (teacher, learner):
        say_it_happened(one)
    for one in (teacher, learner):
        one.open("/sessions/past")
        expect(row(one)).to_contain_text("Completed")
    assert place.sql("SELECT state FROM learning_sessions WHERE public_id = :key", key=key) == [
        ("completed",)
    ]


def test_the_zone_is_guessed_by_the_name_the_browser_has_for_it(visitor: Visitors) -> None:
    page = visitor("Isha", timezone="Asia/Calcutta").open("/signup")
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Calcutta"
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Kolkata")


# -- the steps ------------------------------------------------------------------------------------


def join(one: Visitor, role: str, zone: str, *, guessed: bool) -> None:
    page = one.open("/")
    page.get_by_role("link", name="Join free").first.click()
    page.get_by_role("radiogroup", name="I am here to").get_by_text(role, exact=True).click()
    page.get_by_label("First name").fill(one.name)
    page.get_by_label("Last name").fill("Example")
    page.get_by_label("Email").fill(f"{one.name.lower()}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Year of birth").fill("1988")
    if guessed:
        expect(page.get_by_label("Time zone")).to_have_value(zone)
    page.get_by_label("Time zone").select_option(zone)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    confirm(one)


def confirm(one: Visitor) -> None:
    """Open the mailed link; without a mail server the mail waits where Home says."""
    page = one.page
    page.get_by_role("link", name="Open the mails kept here").click()
    page.get_by_role("link", name="Confirm your address").first.click()
    page.get_by_role("button", name="Confirm email").click()
    expect(page.get_by_text("Your email is confirmed.")).to_be_visible()
    expect(page.get_by_role("button", name="Send a new link")).to_have_count(0)


def tell(one: Visitor) -> None:
    page = one.page
    page.get_by_role("button", name="Your menu").click()
    page.locator("#me").get_by_role("link", name="Settings").click()
    page.get_by_label("About you").fill(BIO)
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    expect(page.get_by_label("About you")).to_have_value(BIO)


def add_skill(one: Visitor, section: str, skill: str) -> None:
    page = one.page
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Skills").click()
    box = page.get_by_role("region", name=section)
    box.get_by_label("Skill", exact=True).fill(skill)
    box.get_by_label("Taught up to").select_option("Expert")
    box.get_by_label("Note").fill("For people who start")
    box.get_by_role("button", name="Add skill").click()
    expect(box.get_by_role("listitem")).to_contain_text([skill])
    expect(box.get_by_role("listitem")).to_contain_text(["For people who start"])


def find(one: Visitor, teacher: Visitor) -> None:
    page = one.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Teachers").click()
    page.get_by_label("Skill or name").fill(teacher.name)
    page.get_by_label("Skill or name").press("Enter")
    expect(page.locator("#found")).to_have_text(f"1 teacher for “{teacher.name}”")
    page.get_by_role("link", name=f"{teacher.name} Example").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{teacher.name} Example")
    expect(page.get_by_text(BIO)).to_be_visible()


def pitch(one: Visitor, teacher: Visitor) -> None:
    page = one.page
    page.get_by_role("link", name=f"Pitch {teacher.name}").first.click()
    page.get_by_label("I want to learn").select_option("Watercolour")
    page.get_by_label("I can teach in return").select_option("Sourdough")
    page.get_by_label("Your message").fill(WISH)
    page.get_by_role("button", name="Send pitch").click()
    expect(page.get_by_text(f"Your pitch is with {teacher.name}.")).to_be_visible()
    expect(page.get_by_text(WISH)).to_be_visible()


def accept(one: Visitor, learner: Visitor) -> None:
    page = one.open("/")
    main = page.get_by_role("navigation", name="Main")
    expect(page.locator("#bell")).to_have_accessible_name("Notifications, 1 unread")
    expect(main.get_by_role("link", name="Pitches")).to_have_accessible_name(
        re.compile(r"Pitches\s*1\s*waiting for you")
    )
    page.locator("#bell").click()
    line = page.get_by_role("main").get_by_role("link", name=re.compile(learner.name))
    expect(line.first).to_be_visible()
    main.get_by_role("link", name="Pitches").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pitches")
    page.get_by_role("main").get_by_role("link", name=re.compile(learner.name)).click()
    expect(page.get_by_text(WISH)).to_be_visible()
    page.get_by_label("Your words").first.fill("With pleasure. Saturdays suit me.")
    page.get_by_role("button", name="Accept pitch").click()
    expect(page.get_by_text("You accepted on")).to_be_visible()
    expect(main.get_by_role("link", name="Pitches")).to_have_accessible_name("Pitches")


def propose(one: Visitor, learner: Visitor) -> list[datetime]:
    page = one.page
    page.get_by_role("link", name="Propose times").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Propose times to {learner.name}")
    page.get_by_text("You teach Watercolour", exact=True).click()
    page.get_by_text("45 min", exact=True).click()
    today = datetime.now(ZoneInfo(LISBON)).date()
    starts = []
    for word, days, clock in (("First", 3, "18:30"), ("Second", 4, "10:15")):
        day = (today + timedelta(days=days)).isoformat()
        page.get_by_label(f"{word} day").fill(day)
        page.get_by_label(f"{word} time").fill(clock)
        starts.append(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(LISBON)))
    page.get_by_label("A word along").fill("Bring two brushes.")
    page.get_by_role("button", name="Propose these times").click()
    expect(page.get_by_text(f"Your times are with {learner.name}.")).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw these times")).to_be_visible()
    return starts


def pick(one: Visitor, start: datetime) -> str:
    page = one.open("/")
    # told of the acceptance and of the times
    expect(page.locator("#bell")).to_have_accessible_name("Notifications, 2 unread")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Sessions").click()
    page.get_by_role("main").get_by_role("link", name="To agree").click()
    row(one).get_by_role("link", name="Pick a time").click()
    expect(page.get_by_text("Bring two brushes.")).to_be_visible()
    here = start.astimezone(ZoneInfo(MEXICO))
    page.locator("label", has_text=f"{here:%H:%M}").filter(has_text=f"{start:%H:%M}").click()
    page.get_by_role("button", name="Pick this time").click()
    expect(page.get_by_text("It is agreed.")).to_be_visible()
    return one.path.partition("/sessions/")[2]


def row(one: Visitor) -> Locator:
    """The session in a list."""
    return one.page.get_by_role("listitem").filter(has_text="Watercolour with")


def see_both_clocks(one: Visitor, start: datetime, there: str) -> None:
    here = LISBON if there == MEXICO else MEXICO
    page = one.open("/sessions")
    mine, theirs = (f"{start.astimezone(ZoneInfo(zone)):%H:%M}" for zone in (here, there))
    expect(row(one)).to_contain_text(mine)
    expect(row(one)).to_contain_text(theirs)
    row(one).get_by_role("link", name=re.compile("^Watercolour with")).click()
    expect(page.get_by_role("main")).to_contain_text(mine)
    expect(page.get_by_role("main")).to_contain_text(theirs)
    expect(page.get_by_text("Joining opens")).to_be_visible()


def move(place: Place, key: str, start: datetime) -> None:
    """Put the session at another time, since the clock of the server cannot be moved."""
    start_at = (start - EPOCH) // timedelta(microseconds=1)
    place.sql(
        "UPDATE learning_sessions SET starts_at = :start, ends_at = :end WHERE public_id = :key",
        start=start_at,
        end=start_at + 45 * 60 * 1_000_000,
        key=key,
    )


def enter_the_call(one: Visitor) -> None:
    one.answer_calls()
    one.open("/sessions")
    with one.context.expect_page() as opened:
        row(one).get_by_role("button", name="Join the call").click()
    call = opened.value
    call.wait_for_url(f"{CALLS}/**")
    call.close()


def say_it_happened(one: Visitor) -> None:
    page = one.open("/sessions/past")
    row(one).get_by_role("link", name="Answer").click()
    page.get_by_label("It happened").check()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
