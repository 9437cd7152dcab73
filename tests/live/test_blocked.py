"""What open pages feel of a block and of a report about safety: the order of what they hear.

No clock: the frame that follows the block on the same socket is refused, and nothing of the other
comes between.
"""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from skillswap.db import db
from skillswap.models import Conversation
from tests import people


@pytest.fixture
def thread(ada, ben):
    """The public id of the conversation of ada and ben."""
    people.make_exchange(ben, ada)
    return db.session.scalars(select(Conversation.public_id)).one()


def looking(page_of, person, thread):
    """An open page that shows the thread."""
    page = page_of(person)
    page.say(after={thread: 0}, here=f"/chat/{thread}")
    page.hear_until(lambda text: "data-read" in text)
    return page


def is_changed(thread):
    return lambda text: text == json.dumps({"changed": f"conversations/{thread}"})


@pytest.mark.parametrize("side", ["who blocked", "who was blocked"])
def test_after_a_block_the_next_frame_of_either_is_refused(place, page_of, ada, ben, thread, side):
    hers, his = looking(page_of, ada, thread), looking(page_of, ben, thread)
    his.say(typing=thread)
    assert hers.hear_until(lambda text: "Ben is writing" in text)
    place.post("/test/do", {"verb": "block", "who": ada.id, "whom": "ben"})
    page, other = (hers, his) if side == "who blocked" else (his, hers)
    other.say(typing=thread)
    place.tell(ada, ben, kind="message", conversation=thread, seq=1)
    place.tell(ada, ben, kind="read", conversation=thread, reader=0, seq=1)
    place.tell(ada, ben, kind="changed", subject="pitches/x", between=[ada.id, ben.id])
    page.say(typing=thread)
    heard = page.hear_until(lambda text: "refused" in text)
    said = "".join(heard)
    assert json.loads(heard[-1]) == {"refused": "typing"}
    assert not any(trace in said for trace in ("writing", "m-1", "data-read", "pitches/x"))


def test_a_report_about_safety_stills_open_threads_until_staff_have_looked(
    place, page_of, ada, ben, mo, thread
):
    hers, his = looking(page_of, ada, thread), looking(page_of, ben, thread)
    place.post("/test/do", {"verb": "report", "who": ada.id, "whom": "ben"})
    for page in (hers, his):
        page.hear_until(is_changed(thread))
    his.say(typing=thread)
    his.say(typing=7)  # is refused, so what was said before it has been heard by now
    his.hear_until(lambda text: "refused" in text)
    place.post("/test/do", {"verb": "dismiss", "who": mo.id})
    heard = hers.hear_until(is_changed(thread))
    assert "writing" not in "".join(heard)
    his.say(typing=thread)
    assert hers.hear_until(lambda text: "Ben is writing" in text)
