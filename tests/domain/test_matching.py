"""Is the score of two people what it says: a sum of parts, each with its sentence?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillswap.domain.matching import (
    WEIGHTS,
    Candidate,
    Learner,
    Line,
    PartKind,
    caution,
    changes,
    jitter,
    reasons,
    score,
    sentence,
)

NOW = datetime(2026, 3, 26, 18, tzinfo=UTC)
SKILLS = {1: "Chess", 2: "Go", 3: "Knitting", 4: "Portuguese"}
ids = st.sampled_from(sorted(SKILLS))
levels = st.dictionaries(ids, st.integers(1, 3), max_size=4)
lines = levels.map(lambda found: {key: Line(SKILLS[key], level) for key, level in found.items()})
masks = st.integers(0, 15)
learners = st.builds(
    Learner,
    user_id=st.just(1),
    wants=levels,
    offers=levels,
    language_mask=masks,
    hours_known=st.booleans(),
    looking_for=st.none() | ids,
)
candidates = st.builds(
    Candidate,
    user_id=st.integers(2, 50),
    first_name=st.just("Ada"),
    offers=lines,
    wants=lines,
    language_mask=masks,
    hours_known=st.booleans(),
    common_minutes=st.none() | st.integers(0, 2_000),
    rating_rank=st.integers(2_000, 5_000),
    rating_milli=st.integers(1_000, 5_000),
    rating_count=st.integers(0, 40),
    answered=st.integers(0, 20),
    unanswered=st.integers(0, 20),
    reply_minutes=st.none() | st.integers(0, 20_000),
    last_seen_at=st.integers(0, 90).map(lambda days: NOW - timedelta(days=days)),
    places=st.integers(1, 10),
    taken=st.integers(0, 10),
    pitch_cap=st.integers(1, 20),
    waiting=st.integers(0, 20),
    shown=st.integers(0, 500),
)
few = settings(max_examples=25)

ADA = Candidate(
    user_id=2,
    first_name="Ada",
    offers={1: Line("Chess", 2)},
    wants={2: Line("Go", 1)},
    language_mask=3,
    hours_known=True,
    common_minutes=300,
    rating_rank=4_700,
    rating_milli=4_900,
    rating_count=31,
    answered=9,
    unanswered=1,
    reply_minutes=600,
    last_seen_at=NOW,
)
BEN = Learner(1, wants={1: 1}, offers={2: 2}, language_mask=1, hours_known=True)


def said(learner: Learner, teacher: Candidate) -> list[str]:
    """The sentences of the reasons."""
    return [text for _icon, text in reasons(score(learner, teacher, NOW))]


def warned(learner: Learner, teacher: Candidate) -> str:
    return caution(score(learner, teacher, NOW))


def worth(learner: Learner, teacher: Candidate, kind: PartKind) -> float:
    return score(learner, teacher, NOW).part(kind).value


# -- what always holds ----------------------------------------------------------------------------


def test_the_weights_add_up_to_a_hundred():
    assert sum(WEIGHTS.values()) == 100
    assert set(WEIGHTS) == set(PartKind)


@few
@given(learners, candidates)
def test_the_total_is_the_sum_of_nine_parts_within_their_weights(learner, teacher):
    found = score(learner, teacher, NOW)
    assert [part.kind for part in found.parts] == list(PartKind)
    assert all(0 <= part.value <= 1 for part in found.parts)
    assert found.total == pytest.approx(
        sum(part.value * WEIGHTS[part.kind] for part in found.parts)
    )
    assert found.points == sum(part.points for part in found.parts)


@few
@given(learners, candidates)
def test_sentences_come_from_the_parts(learner, teacher):
    found = score(learner, teacher, NOW)
    sentences = [sentence(part, found) for part in found.parts]
    assert all(sentences)
    assert {text for _icon, text in reasons(found)} <= set(sentences)
    assert len(reasons(found)) <= 3
    assert caution(found) == "" or caution(found) in sentences
    assert caution(found) not in {text for _icon, text in reasons(found)}
    assert not any(mark in text for text in sentences for mark in ("!", "—", "–", "{", "None"))
    assert all(change.points > 0 for change in changes(found))


@few
@given(learners, candidates, st.integers(0, 2_000), st.integers(1, 2_000))
def test_more_common_time_never_lowers(learner, teacher, minutes, more):
    less, much = (
        score(learner, replace(teacher, common_minutes=one), NOW).total
        for one in (minutes, minutes + more)
    )
    assert less < much


@few
@given(learners, candidates)
def test_what_is_better_never_lowers(learner, teacher):
    before = score(learner, teacher, NOW).total
    for better in (
        {"rating_rank": teacher.rating_rank + 100},
        {"answered": teacher.answered + 1},
        {"last_seen_at": NOW},
        {"taken": max(0, teacher.taken - 1)},
        {"waiting": max(0, teacher.waiting - 1)},
        {"shown": 0},
        {"language_mask": teacher.language_mask | learner.language_mask},
        {"wants": {key: Line("Any", 1) for key in SKILLS}},
    ):
        assert score(learner, replace(teacher, **better), NOW).total >= before - 1e-9


@few
@given(learners, candidates, st.integers(0, 6 * 3_600 - 1))
def test_the_same_two_score_the_same_all_day(learner, teacher, seconds):
    midday, later = NOW.replace(hour=12), NOW.replace(hour=12) + timedelta(seconds=seconds)
    teacher = replace(teacher, last_seen_at=NOW.replace(hour=6) - timedelta(days=3))
    assert score(learner, teacher, midday).total == score(learner, teacher, later).total


def test_chance_is_another_for_each_pair_and_day_and_spread_evenly():
    drawn = [jitter(1, other, NOW) for other in range(2_000)]
    assert len(set(drawn)) > 1_990
    assert all(
        150 < sum(low <= one < low + 0.1 for one in drawn) < 250 for low in (0, 0.3, 0.6, 0.9)
    )
    assert jitter(1, 2, NOW) != jitter(1, 2, NOW + timedelta(days=1)) != jitter(2, 1, NOW)


# -- what it says ---------------------------------------------------------------------------------


def test_the_strongest_reasons_lead():
    assert said(BEN, ADA) == [
        "A true swap: wants Go, which you teach",
        "Teaches Chess, at your level and beyond",
        "5 hours in common in the next 14 days",
    ]
    assert warned(BEN, ADA) == ""


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"language_mask": 4}, "No language in common"),
        ({"common_minutes": 0}, "No hours in common in the next 14 days"),
        ({"taken": 2}, "Nearly full: 1 place left"),
        ({"taken": 3}, "No place free at the moment"),
        ({"last_seen_at": NOW - timedelta(days=31)}, "Not here for more than a month"),
        ({"answered": 1, "unanswered": 3}, "Answers 1 of 4 pitches, usually within a day"),
        ({"language_mask": 4, "taken": 2}, "No language in common"),
    ],
    ids=str,
)
def test_the_costliest_thing_to_know_is_said(changed, sentence):
    assert warned(BEN, replace(ADA, **changed)) == sentence


def test_a_level_below_mine_counts_little_and_is_said():
    expert = replace(BEN, wants={1: 3})
    assert worth(expert, ADA, PartKind.SKILL) < 0.5
    assert warned(expert, ADA) == "Teaches Chess only up to intermediate, below your level"
    assert worth(replace(BEN, wants={1: 2}), ADA, PartKind.SKILL) == 1


def test_of_several_skills_the_one_that_fits_best_speaks():
    both = replace(ADA, offers={1: Line("Chess", 1), 3: Line("Knitting", 3)})
    wants = replace(BEN, wants={1: 2, 3: 2})
    assert score(wants, both, NOW).part(PartKind.SKILL).skill == Line("Knitting", 3)
    asked = replace(wants, looking_for=1)
    assert score(asked, both, NOW).part(PartKind.SKILL).skill == Line("Chess", 1)


def test_what_is_looked_for_counts_though_it_is_on_no_list():
    found = score(replace(BEN, wants={}, looking_for=1), ADA, NOW)
    assert sentence(found.part(PartKind.SKILL), found) == "Teaches Chess, up to intermediate"
    assert found.part(PartKind.SKILL).value > 0


def test_nothing_known_is_neither_good_nor_a_reproach():
    unsaid = replace(ADA, common_minutes=None, hours_known=False)
    found = score(BEN, unsaid, NOW)
    assert 0 < found.part(PartKind.TIME).value < worth(BEN, ADA, PartKind.TIME)
    assert sentence(found.part(PartKind.TIME), found) == "Ada has not said when"
    assert caution(found) == ""
    mine = score(replace(BEN, hours_known=False), replace(unsaid, hours_known=True), NOW)
    assert [change.at for change in changes(mine)] == ["availability"]


def test_a_few_ratings_are_not_said():
    new = replace(ADA, rating_count=2)
    found = score(BEN, new, NOW)
    assert "Rated" not in " ".join(said(BEN, new))
    assert "too few" in sentence(found.part(PartKind.RATING), found)


def test_the_often_shown_stand_back_and_newcomers_come_forward():
    often, new = replace(ADA, shown=100), replace(ADA, rating_count=0)
    assert worth(BEN, often, PartKind.FAIR) < worth(BEN, ADA, PartKind.FAIR)
    assert worth(BEN, new, PartKind.FAIR) > worth(BEN, ADA, PartKind.FAIR)
