"""What may be done with a pitch?"""

from __future__ import annotations

import pytest

from skillswap.db import transaction
from skillswap.domain import learning_sessions, notifications, pitches
from skillswap.errors import Refused, WrongState
from skillswap.models import OutcomeAnswer, PitchState, SessionState
from tests import people


def test_the_whole_journey(ada, ben, now):
    from datetime import timedelta
    exchange = people.make_exchange(ben, ada, offered="spanish", now=now)
    s = people.make_session(ben, exchange, now=now)
    assert s.state is SessionState.SCHEDULED
    later = s.ends_at + timedelta(minutes=1)
    for p in (ada, ben):
        with transaction():
            s = learning_sessions.give_outcome(p, s.public_id, answer=OutcomeAnswer.HAPPENED, now=later)
    assert s.state is SessionState.COMPLETED
    lines = notifications.page_of(ada, None)
    print([l.text for l in lines])
    print([l.text for l in notifications.page_of(ben, None)])
    print(learning_sessions.past(ben, None, later).rows)
