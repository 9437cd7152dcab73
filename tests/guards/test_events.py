"""Is every kind of event complete: what follows from it, its words, its icon, its page?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from skillswap import models
from skillswap.blueprints.notifications import LISTS, PAGES
from skillswap.config import ROOT
from skillswap.domain import notifications, preferences
from skillswap.domain.consequences import FOLLOWS
from skillswap.domain.wording import WORDS
from skillswap.forms.preferences import TOPICS

DOMAIN = ROOT / "skillswap" / "domain"
ICONS = ROOT / "skillswap" / "static" / "icons" / "icons.svg"
Function = ast.FunctionDef


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(parsed(path)) if isinstance(node, Function)]


def calls(inside: ast.AST, name: str) -> Iterator[ast.Call]:
    """Calls of `name(…)` or `module.name(…)`."""
    for node in ast.walk(inside):
        if isinstance(node, ast.Call):
            plain = isinstance(node.func, ast.Name | ast.Attribute)
            if plain and ast.unparse(node.func) == name:
                yield node


def values(node: ast.expr, function: Function, path: Path) -> set[str]:
    """Everything an expression may become. Fails when that cannot be read from the code."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return values(body, function, path) | values(orelse, function, path)
        case ast.JoinedStr(values=parts):
            found = {""}
            for part in parts:
                ends = values(part, function, path)
                found = {start + end for start in found for end in ends}
            return found
        case ast.FormattedValue(value=value):
            return values(value, function, path)
        case ast.Attribute(value=ast.Name(id=enum), attr=member) if hasattr(models, enum):
            return {str(getattr(getattr(models, enum), member))}
        case ast.Name(id=name) if name in [arg.arg for arg in arguments(function)]:
            return passed(name, function, path)
    pytest.fail(f"{path.name}: the kind {ast.unparse(node)} cannot be read; write it plainly")


def arguments(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def passed(name: str, function: Function, path: Path) -> set[str]:
    """What the callers in the same module give for that parameter."""
    position = [arg.arg for arg in arguments(function)].index(name)
    found: set[str] = set()
    for caller in functions(path):
        for call in calls(caller, function.name):
            given = {word.arg: word.value for word in call.keywords}
            node = given[name] if name in given else call.args[position]
            found |= values(node, caller, path)
    assert found, f"{path.name}: nobody calls {function.name}"
    return found


def kinds_recorded() -> dict[str, str]:
    """kind -> the module that records it."""
    found = {}
    for path in sorted(DOMAIN.rglob("*.py")):
        for function in functions(path):
            for call in calls(function, "events.record"):
                for kind in values(call.args[0], function, path):
                    found[kind] = path.name
            for call in calls(function, "Event"):  # what a consequence returns
                for word in call.keywords:
                    if word.arg == "kind" and path.name != "events.py":
                        found |= dict.fromkeys(values(word.value, function, path), path.name)
    return found


def test_the_walk_finds_the_ways_in_which_kinds_are_written() -> None:
    """Plain, chosen by a condition, put together, and handed to a helper."""
    assert kinds_recorded().keys() >= {
        "person.joined",
        "session.completed",
        "session.outcome_given",
        "session.declined",
        "session.withdrawn",
        "pitch.sent",
        "pitch.expired",
    }


def test_every_call_of_record_was_read() -> None:
    """No module reaches `record` by another name."""
    for path in DOMAIN.rglob("*.py"):
        written = len(re.findall(r"\brecord\(", path.read_text()))
        read = sum(
            1 for name in ("events.record", "audit.record") for _call in calls(parsed(path), name)
        )
        own = 1 if path.name in ("events.py", "audit.py") else 0
        assert written == read + own, path.name


def test_every_kind_recorded_is_in_the_table() -> None:
    missing = {kind: module for kind, module in kinds_recorded().items() if kind not in FOLLOWS}
    assert missing == {}


def test_every_kind_in_the_table_happens() -> None:
    assert FOLLOWS.keys() - kinds_recorded().keys() == set()


def test_every_kind_that_is_told_has_words_and_only_those_have() -> None:
    told = {kind for kind, follows in FOLLOWS.items() if notifications.notify in follows}
    assert WORDS.keys() == told


def test_every_icon_of_a_notification_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', ICONS.read_text()))
    assert {icon for icon, _words in WORDS.values()} <= drawn


def test_every_kind_that_is_told_has_a_topic_with_words_for_its_switch() -> None:
    """None falls among what cannot be switched off because nobody thought of it."""
    nouns, kinds = preferences.TOPIC_OF_NOUN, preferences.TOPIC_OF_KIND
    forgotten = {
        kind for kind in WORDS if kind not in kinds and kind.partition(".")[0] not in nouns
    }
    assert forgotten == set()
    assert {preferences.topic_of(kind) for kind in WORDS} <= TOPICS.keys()
    assert preferences.DEFAULTS.keys() == set(preferences.Topic) == TOPICS.keys()


def test_every_kind_that_is_told_has_a_page_to_open() -> None:
    tables = {
        "pitch": "pitches",
        "exchange": "exchanges",
        "ring": "swap_rings",
        "session": "learning_sessions",
        "contest": "learning_sessions",
        "rating": "learning_sessions",
        "follow": "users",
        "teacher": "users",
        "streak": "streak_awards",
        "strike": "strikes",
        "report": "reports",
        "post": "posts",
        "comment": "comments",
        "badge": "badge_grants",
        "claim": "claims",
        "wish": "wishes",
        "offer": "wish_offers",
        "skill": "skills",
    }
    told = {kind.partition(".")[0] for kind in WORDS}
    assert {tables[noun] for noun in told} <= PAGES.keys() | LISTS.keys()
