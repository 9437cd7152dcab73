"""How does one change what is said about oneself?"""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import event, select, update

from skillswap.db import db, transaction
from skillswap.domain import skills
from skillswap.domain.catalogue import catalogue, load_catalogue
from skillswap.lib.clock import utcnow
from skillswap.models import Skill, SkillState, StaffRole, User, UserSkill, UserSkillKind, UserState
from tests import people
from tests.conftest import HTMX

PROFILE = {
    "first_name": "Ada",
    "last_name": "Okafor",
    "username": "ada",
    "headline": "Watercolour and weather",
    "bio": "I paint weather. Skies, wet streets, and the river at low tide.\r\n\r\nSlowly.",
    "roles": ["teach"],
    "timezone": "Europe/Lisbon",
    "languages": ["en", "pt"],
    "education": "School of Art, 2009\r\nEvening classes",
    "theme": "dark",
}
EVERY_POST = [
    "/settings/profile",
    "/settings/avatar",
    "/settings/avatar/delete",
    "/settings/skills/offered/add",
    "/settings/skills/offered/propose",
    "/settings/skills/offered/piano/edit",
    "/settings/skills/offered/piano/delete",
]


def stored(username: str) -> User:
    db.session.expire_all()
    return db.session.scalar(select(User).where(User.username == username))


@pytest.mark.parametrize("path", EVERY_POST)
def test_a_visitor_is_sent_to_log_in(browser, ada, path):
    answer = browser().post(path, data=PROFILE)
    assert answer.status_code == 303
    assert answer.location.startswith("/login")
    assert browser().post(path, data=PROFILE, headers=HTMX).status_code == 401


@pytest.mark.parametrize("path", EVERY_POST)
def test_a_form_without_its_token_changes_nothing(app, browser, ada, path):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert browser(ada).post(path, data=PROFILE).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert stored("ada").headline == "Ada learns and teaches"


# -- the profile ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])
def test_a_profile_is_saved_and_says_so(browser, ada, headers, status):
    client = browser(ada)
    answer = client.post("/settings/profile", data=PROFILE, headers=headers)
    assert answer.status_code == status
    page = answer.text if status == 200 else client.get(answer.location).text
    assert "Profile saved." in page
    assert "Okafor" in page
    if headers:
        assert "<main" not in page
    else:
        assert 'data-theme="dark"' in page
    person = stored("ada")
    assert (person.name, person.learning, person.teaching) == ("Ada Okafor", False, True)
    assert person.education == ["School of Art, 2009", "Evening classes"]
    assert person.theme == "dark"


def test_a_profile_is_saved_with_the_token_of_its_page(app, browser, ada):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        client = browser(ada)
        page = client.get("/settings/profile").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        answer = client.post("/settings/profile", data=PROFILE | {"csrf_token": token})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 303


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refusal_keeps_every_typed_value(browser, ada, ben, headers):
    typed = PROFILE | {
        "username": "ben",
        "headline": "Typed <this> & that",
        "roles": ["learn"],
        "languages": ["sv"],
        "theme": "light",
    }
    answer = browser(ada).post("/settings/profile", data=typed, headers=headers)
    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert "Somebody has this username already. Try ben-2." in page
    assert 'aria-invalid="true"' in page
    for part in (
        'value="ben"',
        'value="Typed <this> & that"',
        "and the river at low tide.",
        "Evening classes",
        '<option selected value="Europe/Lisbon">',
    ):
        assert part in page
    for value, checked in (("learn", True), ("teach", False), ("sv", True), ("en", False)):
        assert bool(re.search(rf'value="{value}" checked', page)) is checked
    assert 'value="light" checked' in page
    assert stored("ada").headline == "Ada learns and teaches"


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("first_name", "", "This is needed."),
        ("first_name", "x" * 61, "At most 60 characters."),
        ("headline", "x" * 121, "At most 120 characters."),
        ("headline", "x" * 100_000, "At most 120 characters."),
        ("bio", "x" * 2001, "At most 2000 characters."),
        ("bio", "x" * 100_000, "At most 2000 characters."),
        ("username", "Not a name", "Use 3 to 30 small letters"),
        ("username", "moderator", "This username is kept back."),
        ("education", "\n".join("abcdefg"), "At most 6 lines."),
        ("education", "x" * 121, "Each line has at most 120 characters."),
        ("education", "x\n" * 50_000, "At most"),
        ("timezone", "Nowhere/Else", "Choose a time zone from the list."),
        ("languages", "none-such", "Choose languages from the list."),
        ("roles", [], "Choose at least one: learning or teaching."),
        ("last_name", "a\u202eb", "This holds characters that cannot be shown."),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(browser, ada, name, typed, said):
    answer = browser(ada).post("/settings/profile", data=PROFILE | {name: typed})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert said in answer.text
    assert stored("ada").headline == "Ada learns and teaches"


def test_a_bio_of_the_full_length_may_hold_line_breaks(browser, ada):
    bio = "\r\n".join(["x" * 99] * 20)  # 1,999 characters as the browser counts them
    answer = browser(ada).post("/settings/profile", data=PROFILE | {"bio": bio})
    assert answer.status_code == 303
    assert stored("ada").bio == bio.replace("\r\n", "\n")


def test_what_is_not_on_the_form_cannot_be_changed(browser, ada):
    more = {
        "staff_role": "admin",
        "email": "other@example.org",
        "birth_year": "2001",
        "state": "suspended",
        "rating_sum": "500",
        "rating_count": "100",
        "rating_rank": "9999",
        "places": "99",
        "avatar": "x.webp",
        "bio_html": "<script>alert(1)</script>",
        "id": "1",
        "version": "77",
    }
    assert browser(ada).post("/settings/profile", data=PROFILE | more).status_code == 303
    person = stored("ada")
    assert (person.staff_role, person.state) == (StaffRole.NONE, UserState.ACTIVE)
    assert (person.email, person.birth_year) == ("ada@example.org", 1990)
    assert (person.rating_sum, person.rating_count, person.places) == (0, 0, 3)
    assert person.avatar is None
    assert "<script" not in person.bio_html


def test_saving_twice_is_harmless(browser, ada):
    client = browser(ada)
    for _ in range(2):
        assert client.post("/settings/profile", data=PROFILE).status_code == 303
    assert stored("ada").headline == PROFILE["headline"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_slower_of_two_tabs_is_told_so(browser, ada, headers):
    def meanwhile(unit, *_rest):
        other_tab = update(User).where(User.id == ada.id).values(version=User.version + 1)
        unit.execute(other_tab, execution_options={"synchronize_session": False})

    client = browser(ada)
    event.listen(db.session, "before_flush", meanwhile, once=True)
    answer = client.post("/settings/profile", data=PROFILE, headers=headers)
    assert answer.status_code == 409
    assert "Somebody was quicker" in answer.text
    assert stored("ada").headline == "Ada learns and teaches"


def test_the_languages_spoken_stand_before_the_others(browser, ada):
    browser(ada).post("/settings/profile", data=PROFILE)
    page = browser(ada).get("/settings/profile").text
    fold = page.index("More languages")
    assert page.index('value="pt" checked') < fold < page.index('value="fr"')
    assert page.count('name="languages"') == 60
    assert len(re.findall(r'id="languages-\d+"', page)) == len(
        set(re.findall(r'id="languages-\d+"', page))
    )


# -- skills ---------------------------------------------------------------------------------------


def lines(person: User, kind: str = "offered") -> dict[str, tuple[int, str]]:
    db.session.expire_all()
    rows = db.session.execute(
        select(Skill.name, UserSkill.level, UserSkill.note)
        .join(Skill, Skill.id == UserSkill.skill_id)
        .where(UserSkill.user_id == person.id, UserSkill.kind == UserSkillKind(kind))
    )
    return {name: (level, note) for name, level, note in rows}


@pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])
@pytest.mark.parametrize("kind", ["offered", "wanted"])
def test_a_skill_is_added(browser, cy, kind, headers, status):
    people.make_skill("Latin")
    client = browser(cy)
    typed = {"skill": " LATIN ", "level": "3", "note": "From the stones of my town"}
    answer = client.post(f"/settings/skills/{kind}/add", data=typed, headers=headers)
    assert answer.status_code == status
    assert lines(cy, kind)["Latin"] == (3, "From the stones of my town")
    page = answer.text if status == 200 else client.get(answer.location).text
    assert "From the stones of my town" in page
    assert ' value=" LATIN "' not in page
    if headers:
        assert page.lstrip().startswith(f'<div class="stack" id="{kind}-skills">')


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_unknown_skill_is_refused_with_the_offer_to_propose_it(browser, cy, headers):
    typed = {"skill": "Gitar<", "level": "2", "note": "By ear"}
    answer = browser(cy).post("/settings/skills/wanted/add", data=typed, headers=headers)
    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert "We do not know this skill yet." in page
    assert "Propose Gitar<" in page
    assert 'formaction="/settings/skills/wanted/propose"' in page
    assert "Guitar" in page
    assert 'value="By ear"' in page
    assert re.search(r'<option selected value="2">Intermediate', page)
    assert lines(cy, "wanted") == {}
    assert ("<main" in page) is not bool(headers)


@pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])
def test_a_proposed_skill_is_on_the_list_at_once(browser, cy, ada, headers, status):
    client = browser(cy)
    typed = {"skill": "Yodelling", "level": "1", "note": ""}
    answer = client.post("/settings/skills/offered/propose", data=typed, headers=headers)
    assert answer.status_code == status
    assert lines(cy)["Yodelling"] == (1, "")
    page = answer.text if status == 200 else client.get(answer.location).text
    assert "Proposed" in page
    assert db.session.scalar(select(Skill.state).where(Skill.name == "Yodelling")) is (
        SkillState.PROPOSED
    )
    again = client.post("/settings/skills/offered/propose", data=typed, headers=headers)
    assert again.status_code == 422
    assert "Yodelling is on your list already." in again.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"skill": "", "level": "1"}, "This is needed."),
        ({"skill": "x" * 101, "level": "1"}, "At most 100 characters."),
        ({"skill": "JavaScript", "level": "1"}, "JavaScript is on your list already."),
        ({"skill": "Latin", "level": "4"}, "Choose one of the three levels."),
        ({"skill": "Latin", "level": "x"}, "Choose one of the three levels."),
        ({"skill": "Latin"}, "Choose one of the three levels."),
        ({"skill": "Latin", "level": "1", "note": "x" * 201}, "At most 200 characters."),
        ({"skill": "Latin", "level": "1", "note": "a\x07b"}, "cannot be shown"),
    ],
)
def test_a_line_that_cannot_be_taken_says_why(browser, cy, typed, said):
    people.make_skill("Latin")
    for headers in ({}, HTMX):
        answer = browser(cy).post("/settings/skills/offered/add", data=typed, headers=headers)
        assert answer.status_code == 422
        assert said in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert list(lines(cy)) == ["JavaScript"]


@pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])
def test_a_line_is_opened_changed_and_shown(browser, ada, headers, status):
    client = browser(ada)
    opened = client.get("/settings/skills/offered/piano/edit", headers=headers)
    assert opened.status_code == 200
    assert 'id="offered-piano-note"' in opened.text
    assert re.search(
        r'id="offered-piano-level".*?<option selected value="2">', opened.text, re.DOTALL
    )
    typed = {"level": "1", "note": "Blues"}
    answer = client.post("/settings/skills/offered/piano/edit", data=typed, headers=headers)
    assert answer.status_code == status
    assert lines(ada)["Piano"] == (1, "Blues")


def test_a_change_that_cannot_be_taken_keeps_the_form_open(browser, ada):
    typed = {"level": "9", "note": "x" * 201}
    for headers in ({}, HTMX):
        answer = browser(ada).post(
            "/settings/skills/offered/piano/edit", data=typed, headers=headers
        )
        assert answer.status_code == 422
        assert "x" * 201 in answer.text
        assert 'id="offered-piano-note-error"' in answer.text
    assert lines(ada)["Piano"] == (2, "")


@pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])
def test_a_skill_is_removed_and_twice_is_harmless(browser, ada, headers, status):
    client = browser(ada)
    for _ in range(2):
        answer = client.post("/settings/skills/offered/piano/delete", headers=headers)
        assert answer.status_code == status
    assert list(lines(ada)) == ["Watercolour"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_nobody_changes_anothers_lines(browser, ada, cy, headers):
    client = browser(cy)
    typed = {"level": "1", "note": "Not mine"}
    path = "/settings/skills/offered/piano"
    assert client.get(path + "/edit", headers=headers).status_code == 404
    assert client.post(path + "/edit", data=typed, headers=headers).status_code == 404
    client.post(path + "/delete", headers=headers)
    assert lines(ada)["Piano"] == (2, "")
    for wrong in ("/settings/skills/owned/add", "/settings/skills/offered/no-such/delete"):
        assert client.post(wrong, data=typed, headers=headers).status_code == 404


def test_one_list_alone_is_a_fragment(browser, ada):
    page = browser(ada).get("/settings/skills?kind=wanted", headers=HTMX).text
    assert "Portuguese" in page
    assert "Piano" not in page
    page = browser(ada).get("/settings/skills?kind=wanted").text
    assert "Portuguese" in page
    assert "Piano" in page


def test_a_full_list_says_so_instead_of_its_form(browser, cy, now):
    with transaction():
        load_catalogue(now)
        for entry in catalogue()[:11]:
            skills.add_skill(cy, UserSkillKind.OFFERED, entry.slug, level=1, note="", now=now)
    client = browser(cy)
    page = client.get("/settings/skills").text
    assert "This list is full." in page
    assert 'action="/settings/skills/offered/add"' not in page
    typed = {"skill": catalogue()[12].name, "level": "1"}
    answer = client.post("/settings/skills/offered/add", data=typed)
    assert answer.status_code == 422
    assert "A list holds at most 12 skills." in answer.text


def test_suggestions_are_options_and_nothing_else(browser, ada, cy):
    people.make_skill('Odd "quotes" <b>')
    answer = browser(cy).get("/settings/skills/suggest?q=wat", headers=HTMX)
    assert answer.text.strip().endswith('<option value="Watercolour"></option>')
    assert "<html" not in answer.text
    answer = browser(cy).get("/settings/skills/suggest?skill=odd", headers=HTMX)
    assert "<b>" not in answer.text
    assert "Odd" in html.unescape(answer.text)
    assert browser().get("/settings/skills/suggest?q=wat").status_code == 303
    assert browser(cy).get("/settings/skills/suggest?q=%00wat", headers=HTMX).status_code == 200


@pytest.mark.parametrize("verb", ["add", "propose", "JavaScript/edit", "a%00/delete", "a%00/edit"])
def test_a_character_that_no_database_holds_is_no_accident(browser, cy, verb):
    typed = {"skill": "La\x00tin", "level": "1", "note": "a\x00b"}
    answer = browser(cy).post(f"/settings/skills/offered/{verb}", data=typed)
    assert answer.status_code in (404, 422)
    assert lines(cy) == {"JavaScript": (2, "")}


def test_the_lists_cost_the_same_for_few_and_many(browser, queries, cy, now):
    client = browser(cy)

    def cost(path: str) -> int:
        client.get(path)
        queries.clear()
        assert client.get(path).status_code == 200
        return len(queries)

    few = cost("/settings/skills")
    with transaction():
        load_catalogue(now)
        for entry in catalogue()[:11]:
            skills.add_skill(cy, UserSkillKind.OFFERED, entry.slug, level=1, note="", now=utcnow())
    assert cost("/settings/skills") == few <= 3
    assert cost("/settings/skills/suggest?q=a") <= 2
    assert cost("/settings/profile") <= 2
