"""What can people's Markdown never become?"""

from __future__ import annotations

import itertools
import time
from html.parser import HTMLParser

import pytest

from skillswap.lib.markdown import ATTRIBUTES, MAX_CHARACTERS, TAGS, render_markdown, sanitise

ALLOWED = set(TAGS)
SCHEMES = ("https://", "http://", "mailto:")
TAGS_TRIED = (
    "script style svg math iframe object embed form input button textarea select img video audio"
    " link meta base template hx-partial details dialog marquee noscript plaintext title"
).split()
ATTRIBUTES_TRIED = (
    'onclick="x()"',
    'onerror="x()"',
    'style="position:fixed"',
    'id="toasts"',
    'class="toast"',
    'name="csrf_token"',
    'hx-get="/x"',
    'hx-post="/logout"',
    'hx-on:click="x()"',
    'data-hx-get="/x"',
    'hx-trigger="load"',
    'hx-swap-oob="true"',
    'ws-connect="/ws"',
    'formaction="/x"',
    'srcdoc="x"',
    'href="javascript:x()"',
    'href="JaVaScRiPt:x()"',
    'href="&#106;avascript:x()"',
    'href="java\tscript:x()"',
    'href="data:text/html,x"',
    'href="vbscript:x"',
    'href="//evil.example"',
    'xlink:href="javascript:x()"',
    'target="_blank"',
)
WORDS = (
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](&#x6A;avascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](x onerror=alert(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x](https://a.example\"onclick='alert(1)')",
    '[x](https://a.example "t\\" onclick=alert(1)")',
    "<!-- --!><script>alert(1)</script> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<a href='https://a.example' hx-get='/x' id='main' class='btn'>x</a>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a\x00 href=javascript:alert(1)>x</a>",
)
ELEMENTS = [
    f"<{tag} {attribute}>x</{tag}>"
    for tag, attribute in zip(TAGS_TRIED, itertools.cycle(ATTRIBUTES_TRIED), strict=False)
]
ON_ALLOWED = [
    f"<{tag} {attribute}>x</{tag}>"
    for tag in ("a", "p", "li", "code", "h2")
    for attribute in ATTRIBUTES_TRIED
]


class Names(HTMLParser):
    """Every element and attribute of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, "", ""))
        self.found += [(tag, name, value or "") for name, value in attrs]


def assert_harmless(html: str) -> None:
    for tag, name, value in Names(html).found:
        assert tag in ALLOWED, html
        assert not name or name in ATTRIBUTES.get(tag, ()), html
        if name == "href":
            start = value.lower().split("/", 1)[0]  # a path has no colon before its first slash
            assert ":" not in start or value.lower().startswith(SCHEMES), html


@pytest.mark.parametrize("attack", [*WORDS, *ELEMENTS, *ON_ALLOWED])
def test_nothing_but_the_allowed_names_comes_out(attack):
    for text in (attack, f"# Title\n\n- item {attack}\n\n> {attack}"):
        assert_harmless(render_markdown(text))
    assert_harmless(sanitise(attack))  # also where Markdown would have let HTML through


def test_what_people_write_is_kept():
    html = render_markdown("# Hello\n\nI *paint* **weather**, `oil`\nand\n\n1. one\n2. two\n\n> so")
    for part in ("<h2>Hello</h2>", "<em>paint</em>", "<strong>weather</strong>", "<code>oil"):
        assert part in html
    for part in ("<br>", "<ol>", "<li>one</li>", "<blockquote>"):
        assert part in html


def test_a_link_shows_where_it_leads():
    html = render_markdown("[my bank](https://evil.example/login) and https://example.org/x")
    assert "my bank (evil.example)" in html
    assert html.count('rel="nofollow noopener ugc"') == 2
    assert "(example.org)" not in html


@pytest.mark.parametrize("sign", ["[", "*", ">", "`", "![", "<", "- ", "&", "a.example "])
def test_a_flood_of_signs_is_read_in_good_time(sign):
    start = time.perf_counter()
    render_markdown(sign * MAX_CHARACTERS)
    assert time.perf_counter() - start < 5  # 0.3 s alone; the machine of the tests is shared
