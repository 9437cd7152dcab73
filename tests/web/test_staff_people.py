"""The pages on which staff find people: who sees them, what they say, what they cost."""

from __future__ import annotations

import pytest

from skillswap.db import db, transaction
from skillswap.domain import reports, staff_acts
from skillswap.domain.reports import SubjectKind
from skillswap.lib.clock import utcnow
from skillswap.models import ReportCategory, StaffRole, User, UserState
from tests import people
from tests.conftest import HTMX

PEOPLE = "/moderation/people"
BEN = f"{PEOPLE}/ben"
VERBS = ("notes", "standing", "sign-out", "confirm", "role")
LIMIT = {"act": "limit", "days": "7", "text": "money", "reason": "Twice in one week."}


def stored(username: str) -> User:
    db.session.rollback()
    query = db.select(User).where(User.username == username)
    return db.session.scalars(query, execution_options={"populate_existing": True}).one()


def test_for_others_there_is_no_such_page(browser, ada, ben, mo, root):
    for path in (PEOPLE, BEN):
        assert browser(ada).get(path).status_code == 404
        assert browser().get(path).status_code == 404
        assert browser(mo).get(path).status_code == 200
    for verb in VERBS:
        assert browser(ada).post(f"{BEN}/{verb}").status_code == 404
        assert browser(mo).post(f"{PEOPLE}/{root.username}/{verb}").status_code == 404
    assert browser(mo).post(f"{BEN}/role", data={"role": "admin"}).status_code == 404
    assert "On the staff" not in browser(mo).get(BEN).text
    assert "On the staff" in browser(root).get(BEN).text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_somebody_is_limited_with_words_that_are_mailed(browser, ben, mo, headers):
    client = browser(mo)
    wrong = client.post(f"{BEN}/standing", data=LIMIT | {"days": "400"}, headers=headers)
    assert wrong.status_code == 422
    assert "Give a number of days from 7 to 30" in wrong.text
    assert "Twice in one week." in wrong.text
    client.post(f"{BEN}/standing", data=LIMIT, headers=headers)
    assert stored("ben").state is UserState.LIMITED
    assert stored("ben").state_body.endswith("awkward place.\n\nTwice in one week.")
    again = client.post(f"{BEN}/standing", data=LIMIT, headers=headers)
    assert again.status_code == 409
    page = client.get(BEN).text
    assert "Limited until" in page
    assert 'value="limit"' not in page


def test_a_role_is_given_by_who_shows_once_more_who_they_are(browser, ben, root):
    client = browser(root)
    people.sit_for_long(root)
    asked = client.post(
        f"{BEN}/role", data={"role": "moderator"}, headers={"Referer": f"http://localhost{BEN}"}
    )
    assert (asked.status_code, asked.location) == (303, f"/login/again?next={BEN}")
    pressed = client.post(
        f"{BEN}/role",
        data={"role": "moderator"},
        headers=HTMX | {"HX-Current-URL": f"http://localhost{BEN}"},
    )
    assert pressed.status_code == 401
    assert pressed.headers["HX-Redirect"] == f"/login/again?next={BEN}"
    assert stored("ben").staff_role is StaffRole.NONE
    done = client.post(asked.location, data={"code": people.code_of(root)})
    assert (done.status_code, done.location) == (303, BEN)
    client.post(f"{BEN}/role", data={"role": "moderator"})
    assert stored("ben").staff_role is StaffRole.MODERATOR


def test_the_page_tells_what_there_was_but_not_who_reported_whom(browser, ada, ben, mo, cy, now):
    with transaction():
        for reporter, person in ((ada, ben), (ben, cy), (mo, ben), (ben, mo)):
            subject = reports.subject_of(reporter, SubjectKind.PERSON, person.username, now)
            about = {"category": ReportCategory.SPAM, "body": "Hush.", "also_block": False}
            reports.make_report(reporter, subject, **about, now=now)
    client = browser(mo)
    page = client.get(BEN).text
    assert page.count("About them: Spam") == page.count("By them: Spam") == 1
    for hidden in (ada.name, cy.name, "Hush."):
        assert hidden not in page


def test_what_is_typed_is_dead_text(browser, ben, mo):
    browser(mo).post(f"{BEN}/notes", data={"body": "<b onclick=x>Careful</b>"})
    page = browser(mo).get(BEN).text
    assert "&lt;b onclick=x&gt;Careful" in page


def test_the_pages_cost_the_same_for_few_and_for_many(browser, ben, mo, queries):
    client = browser(mo)

    def cost(path: str, **headers: str) -> int:
        client.get(path, headers=headers)
        queries.clear()
        assert client.get(path, headers=headers).status_code == 200
        return len(queries)

    few = cost(PEOPLE), cost(BEN)
    for number in range(25):
        people.make_person(f"more-{number}")
        with transaction():
            staff_acts.note(mo, "ben", body=f"Note {number}.", now=utcnow())
    assert (cost(PEOPLE), cost(BEN)) == few
    assert few[0] <= 3
    assert few[1] <= 8
    page = client.get(BEN).text
    assert "Note 24." in page
    assert "Note 3." not in page
    after = page.split("after=")[1].split('"')[0]
    more = client.get(f"{BEN}?after={after}", headers=HTMX).text
    assert "Note 3." in more
    assert "<html" not in more
