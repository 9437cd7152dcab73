"""Does the watching itself work? What it must notice is done here on purpose."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visitors
from tests.browser.test_accessibility import SIDEWAYS, SMALL, violations
from tests.browser.visitor import Visitor

ON_PURPOSE = {
    "policy violated: script-src": """() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
    }""",
    "policy violated: style-src": '() => document.body.setAttribute("style", "color: red")',
    "policy violated: img-src": '() => { new Image().src = "http://outside.example/dot.png"; }',
    "console error: broken": '() => console.error("broken on purpose")',
    "script: ": '() => { setTimeout(() => { throw new Error("on purpose"); }, 0); }',
    "404 for GET": '() => fetch("/nowhere")',
}


def noticed(one: Visitor) -> str:
    """What was noted so far, which then counts no more."""
    one.page.wait_for_timeout(200)
    found = "\n".join(one.problems)
    one.problems.clear()
    return found


@pytest.mark.parametrize("problem", ON_PURPOSE)
def test_trouble_is_noticed(visitor: Visitors, problem: str) -> None:
    one = visitor("Watcher")
    one.open("/").evaluate(ON_PURPOSE[problem])
    assert problem in noticed(one)


def test_a_page_outside_is_noticed(visitor: Visitors) -> None:
    one, outside = visitor("Watcher"), "http://outside.example/"
    # it answers, so that the window stands still when it is left
    one.context.route(outside, lambda route: route.fulfill(body="Outside"))
    page = one.open("/")
    page.evaluate(f"() => {{ location.href = '{outside}'; }}")
    page.wait_for_url(outside)
    assert "asks outside: http://outside.example/" in noticed(one)


def test_a_declared_status_must_come(visitor: Visitors) -> None:
    one = visitor("Watcher")
    with pytest.raises(AssertionError, match="met set"), one.expecting(404):
        one.open("/")
    with one.expecting(404):
        one.open("/nowhere")


def test_what_cannot_be_read_or_pressed_is_noticed(visitor: Visitors) -> None:
    one = visitor("Watcher", width=320)
    page = one.open("/help")
    assert violations(one) == []
    page.evaluate(
        """() => {
          const main = document.getElementById("main");
          main.insertAdjacentHTML("beforeend",
            '<img src="data:,"><button type="button" class="tiny">x</button><hr class="wide">');
          main.querySelector(".wide").style.width = "900px";
        }"""
    )
    found = "\n".join(violations(one))
    assert "image-alt" in found
    assert page.evaluate(SIDEWAYS) > 0
    assert any('class="tiny"' in each for each in page.evaluate(SMALL))
    noticed(one)
