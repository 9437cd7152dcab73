"""The pages of a decision: the case of staff, the strike of its person, the link of a mail."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import cases, reports, strikes
from skillswap.domain.reports import SubjectKind
from skillswap.domain.strikes import Outcome
from skillswap.lib.clock import utcnow
from skillswap.models import Delivery, Report, ReportCategory, ReportState
from tests import casework, people
from tests.conftest import HTMX

WORDS = "Offering <b>paid</b> work puts people in an awkward place."
UPHELD = {"outcome": "warning", "rule": "4", "words": WORDS}


def reported(reporter, kind: str, key: str, body: str = "Asks for money") -> str:
    """The key of the case that this report is in."""
    with transaction():
        subject = reports.subject_of(reporter, SubjectKind(kind), key, utcnow())
        made = reports.make_report(
            reporter,
            subject,
            category=ReportCategory.SPAM,
            body=body,
            also_block=False,
            now=utcnow(),
        )
    return casework.key_of(made.case_id)


def struck(staff, key: str, outcome: Outcome = Outcome.WARNING, days: int | None = None):
    """A strike from that case."""
    with transaction():
        cases.claim(staff, key, utcnow())
    with transaction():
        return strikes.uphold(
            staff, key, outcome=outcome, rule=4, days=days, words=WORDS, now=utcnow()
        )


# -- the case -------------------------------------------------------------------------------------


def test_a_case_shows_what_else_is_known_of_the_person(browser, ada, ben, cy, mo):
    struck(mo, reported(cy, "person", "ben"))
    page = casework.take(browser(mo), reported(ada, "person", "ben"))
    assert "Warning, No selling" in page
    assert "Spam, " in page
    assert "upheld" in page
    assert "Banned" not in page  # for admins
    root = people.make_person("root", staff_role="admin")
    assert "Banned" in casework.take(browser(root), reported(ada, "person", "cy"))


def test_upholding_with_chosen_words_and_hiding_leads_on_to_the_next(browser, ada, ben, mo):
    post = people.make_post(ben, body="I do this as a job.")
    key, client = reported(ada, "post", post.public_id), browser(mo)
    assert "Take it out of sight" in casework.take(client, key)
    form = UPHELD | {"hide": "y", "text": "money", "words": "Please do not."}
    answer = client.post(f"/moderation/cases/{key}/uphold", data=form)
    assert answer.location == "/moderation/cases/next"
    assert browser(ada).get(f"/posts/{post.public_id}").status_code == 404
    strike = strikes.strikes_of(ben, None).rows[0]
    page = browser(ben).get(f"/strikes/{strike.public_id}").text
    assert "SkillSwap is free on both sides." in page
    assert "Please do not." in page
    assert "I do this as a job." in page
    assert "It is out of sight." in page
    assert "It is decided." in client.get(f"/moderation/cases/{key}").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"outcome": ""}, "Choose what follows."),
        ({"rule": "0"}, "Choose the rule that was broken."),
        ({"rule": "nine"}, "Choose the rule that was broken."),
        ({"outcome": "limited", "days": "31"}, "Between 7 and 30 days."),
        ({"outcome": "suspended", "days": "soon"}, "Between 7 and 90 days."),
        ({"outcome": "banned"}, "Only an admin closes an account for good."),
        ({"words": " ", "text": ""}, "Say why. The person will read it."),
    ],
)
def test_a_decision_that_is_not_whole_comes_back(browser, ada, ben, mo, wrong, said):
    key, client = reported(ada, "person", "ben"), browser(mo)
    casework.take(client, key)
    answer = client.post(f"/moderation/cases/{key}/uphold", data=UPHELD | wrong, headers=HTMX)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert "Asks for money" in answer.text  # the whole case, to go on with
    assert not strikes.strikes_of(ben, None).rows


def test_the_reporter_reads_that_somebody_looked_and_no_more(browser, ada, ben, cy, mo):
    key, client = reported(ada, "person", "ben"), browser(mo)
    report = db.session.scalars(select(Report)).one()
    mine = f"/reports/{report.public_id}"
    assert "A person reads it" in browser(ada).get(mine).text
    casework.take(client, key)
    answer = client.post(f"/moderation/cases/{key}/dismiss", data={"words": "A joke"})
    assert answer.location == "/moderation/cases/next"
    assert db.session.scalar(select(Report.state)) is ReportState.DISMISSED
    told = browser(ada).get("/notifications").text
    assert mine in told
    page = browser(ada).get(mine).text
    assert "Looked at" in page
    assert "A joke" not in page
    assert "dismissed" not in page.lower()
    for other in (ben, cy, mo):
        assert browser(other).get(mine).status_code == 404
    assert not strikes.strikes_of(ben, None).rows


# -- the strike -----------------------------------------------------------------------------------


def test_a_strike_is_told_and_read_by_its_person_alone(browser, ada, ben, cy, mo):
    strike = struck(mo, reported(ada, "person", "ben"), Outcome.LIMITED, 14)
    url = f"/strikes/{strike.public_id}"
    client = browser(ben)
    assert url in client.get("/notifications").text
    assert url in client.get("/strikes").text
    assert "/strikes" in client.get("/settings/security").text
    page = client.get(url).text
    assert "Limited for 14 days" in page
    assert "Offering &lt;b&gt;paid" in page
    assert "4. No selling" in page
    for name in ("Ada", "Mo Example"):
        assert name not in page.partition("<main")[2]
    for other in (ada, cy, mo):
        assert browser(other).get(url).status_code == 404
        assert browser(other).post(f"{url}/appeal", data={"body": "No"}).status_code == 404
    assert browser().get(url).location.startswith("/login")
    assert "Nothing here" in browser(cy).get("/strikes").text


def test_an_appeal_is_answered_by_somebody_else(browser, ada, ben, mo):
    strike = struck(mo, reported(ada, "person", "ben"), Outcome.LIMITED, 14)
    url, client = f"/strikes/{strike.public_id}", browser(ben)
    assert client.post(f"{url}/appeal", data={"body": "It was a gift."}).location == url
    assert client.post(f"{url}/appeal", data={"body": "Again"}).status_code == 409
    assert casework.keys(browser(mo), "appeal") == []
    max_ = browser(people.make_person("max", staff_role="moderator"))
    (key,) = casework.keys(max_, "appeal")
    page = casework.take(max_, key)
    assert "It was a gift." in page
    assert "Asks for money" in page
    assert "Decided by Mo Example" in page
    assert browser(mo).get(f"/moderation/cases/{key}").status_code == 404
    form = {"verdict": "kept", "words": "It was not."}
    assert max_.post(f"/moderation/cases/{key}/answer", data=form).status_code == 303
    page = client.get(url).text
    assert "The strike stands" in page
    assert "It was not." in page
    assert "Your appeal" not in client.get("/notifications").text.partition(url)[0]


def test_who_cannot_log_in_appeals_by_the_link_of_the_mail(browser, ada, ben, mo):
    struck(mo, reported(ada, "person", "ben"), Outcome.SUSPENDED, 30)
    mail = Delivery.kind == "account.strike_made"
    path = db.session.scalars(select(Delivery).where(mail)).one().payload["path"]
    visitor = browser()
    page = visitor.get(path)
    assert "Suspended for 30 days" in page.text
    assert page.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    answer = visitor.post(f"{path}/appeal", data={"body": ""})
    assert (answer.status_code, "Say" in answer.text) == (422, True)
    assert visitor.post(f"{path}/appeal", data={"body": "It was a gift."}).location == path
    assert "Another member of staff reads it" in visitor.get(path).text
    assert visitor.post(f"{path}/appeal", data={"body": "Again"}).status_code == 409
    assert visitor.get("/strikes/link/another").status_code == 404


def test_the_list_costs_the_same_for_two_and_for_many(browser, ada, ben, mo, queries):
    client, counts = browser(ben), []
    for _number in range(3):
        struck(mo, reported(ada, "person", "ben"))
        queries.clear()
        assert client.get("/strikes").status_code == 200
        counts.append(len(queries))
    assert counts == [2] * 3


def test_the_page_of_a_case_costs_the_same_for_two_and_for_many(browser, ada, ben, mo, queries):
    client, counts = browser(mo), []
    key = reported(ada, "person", "ben")
    casework.take(client, key)
    for _number in range(3):
        struck(mo, reported(ada, "post", people.make_post(ben).public_id))
        queries.clear()
        assert client.get(f"/moderation/cases/{key}").status_code == 200
        counts.append(len(queries))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 8
