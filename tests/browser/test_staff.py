"""An admin gives a role: asked once more who it is, with a code of the app, and back again."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from playwright.sync_api import expect

from tests import people
from tests.browser.conftest import Place, Visitors


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_a_role_is_given_after_a_code(place: Place, visitor: Visitors, javascript: bool) -> None:
    mark = place.sql("SELECT count(*) FROM users")[0][0]
    with place.app.app_context():
        chief = people.make_person(f"ivy{mark}", staff_role="admin")
        people.make_person(f"joy{mark}")
        code = people.code_of(chief)
    ivy = visitor("Ivy", username=f"ivy{mark}", javascript=javascript)
    page = ivy.open("/moderation/people")
    page.get_by_role("searchbox", name="Name, username or address").fill(f"joy{mark}@")
    page.get_by_role("button", name="Search", exact=True).last.click()
    page.get_by_role("link", name=f"Joy{mark} Example").click()
    place.sql("UPDATE sign_ins SET stepped_up_at = NULL WHERE user_id = :id", id=chief.id)
    page.get_by_text("Moderator", exact=True).check()
    with ivy.expecting(401) if javascript else nullcontext():
        page.get_by_role("button", name="Give this role").click()
        expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name=f"Joy{mark} Example")).to_be_visible()
    page.get_by_text("Moderator", exact=True).check()
    page.get_by_role("button", name="Give this role").click()
    expect(page.get_by_text("Done. They sign in anew.")).to_be_visible()
    assert place.sql("SELECT staff_role FROM users WHERE username = :name", name=f"joy{mark}") == [
        ("moderator",)
    ]
