"""The pages by which staff look after the catalogue."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import skills
from skillswap.domain.catalogue import load_catalogue
from skillswap.lib.clock import utcnow
from skillswap.models import Case, UserSkillKind
from tests import people
from tests.conftest import HTMX

OFFERED = UserSkillKind.OFFERED


def proposed(person, name: str = "Yodeling") -> str:
    """The key of the case about a skill that this person proposes."""
    with transaction():
        skills.propose_skill(person, OFFERED, name, level=1, note="", now=utcnow())
    query = select(Case.public_id).where(Case.closed_at.is_(None)).order_by(Case.id.desc())
    return db.session.scalars(query).first()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_nobody_else_learns_that_there_is_an_editor(browser, ada, headers):
    for person in (None, ada):
        for tail in ("", "/watercolour", "/watercolour/merge?into=piano"):
            url = f"/moderation/skills{tail}"
            assert browser(person).get(url, headers=headers).status_code == 404


def test_a_skill_is_found_renamed_and_given_words(browser, ada, mo):
    client = browser(mo)
    assert "Watercolour" in client.get("/moderation/skills?q=waterc").text
    assert "No such skill" in client.get("/moderation/skills?q=%00zz").text
    url = "/moderation/skills/watercolour"
    form = {"name": "Water colours", "category": "Other"}
    assert client.post(url, data=form).location == url
    page = client.get(url).text
    assert "<h1>Water colours</h1>" in page
    assert 'value="watercolour"' in page  # a word for it, with a button to remove it
    refused = client.post(f"{url}/words", data={"alias": "<i>Piano"})
    assert refused.status_code == 303
    refused = client.post(f"{url}/words", data={"alias": "Piano"})
    assert refused.status_code == 422
    assert "Piano answers to this already." in refused.text
    assert client.post(f"{url}/words/remove", data={"alias": "<i>piano"}).status_code == 303
    assert "&lt;i&gt;piano" not in client.get(url).text
    assert "Changed a skill" in client.get("/moderation/audit").text


def test_what_merging_means_is_shown_before_it_is_done(browser, ada, mo):
    people.make_skill("Aquarelle")
    client = browser(mo)
    url = "/moderation/skills/watercolour/merge"
    for wrong in ("", "Yodelling", "watercolour"):
        assert client.get(url, query_string={"into": wrong}).status_code == 422
    page = client.get(url, query_string={"into": "aquarelle"}).text
    assert "It cannot be undone" in page
    assert "Who lists both keeps one line" in page
    assert client.get("/moderation/skills/watercolour").status_code == 200
    done = client.post(url, data={"into": "aquarelle"})
    assert done.location == "/moderation/skills/aquarelle"
    assert client.post(url, data={"into": "aquarelle"}).status_code == 404  # it is no more
    old = browser().get("/explore/skills/watercolour")
    assert (old.status_code, old.location) == (301, "/explore/skills/aquarelle")
    assert "Aquarelle" in browser(ada).get("/people/ada").text


def test_a_proposed_skill_is_decided_on_the_page_of_its_case(browser, cy, mo):
    people.make_skill("Singing")
    client = browser(mo)
    for verb, wrong, right in (
        ("accept-skill", {"name": "x", "category": "Other"}, {"name": "Yodelling"}),
        ("merge-skill", {"into": "nothing"}, {"into": "singing"}),
        ("refuse-skill", {"words": " "}, {"words": "We list what can be taught."}),
    ):
        key = proposed(cy, f"Odd {verb}")
        url = f"/moderation/cases/{key}"
        assert f"Proposed skill: Odd {verb}" in client.get("/moderation").text
        assert client.post(f"{url}/{verb}", data=wrong | right).status_code == 409  # not taken
        client.post(f"{url}/claim")
        assert f'action="{url}/{verb}"' in client.get(url).text
        refused = client.post(f"{url}/{verb}", data=wrong)
        assert refused.status_code == 422
        assert 'class="error"' in refused.text
        done = client.post(f"{url}/{verb}", data=wrong | right, headers=HTMX)
        assert (done.status_code, done.headers["HX-Location"]) == (204, "/moderation/cases/next")
        assert client.post(f"{url}/{verb}", data=wrong | right).status_code == 409
    told = browser(cy).get("/notifications").text
    for words in ("under the name Yodelling", "known here as Singing", "can be taught."):
        assert words in told


def test_the_editor_costs_the_same_for_few_and_for_many(browser, ada, mo, queries):
    client, costs = browser(mo), []
    for _ in range(2):
        queries.clear()
        client.get("/moderation/skills")
        costs.append(len(queries))
        with transaction():
            load_catalogue(utcnow())
    assert costs[0] == costs[1] <= 3
