"""What can people's Markdown never become?"""

from __future__ import annotations

import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from skillswap.lib.markdown import (
    ATTRIBUTES,
    LEAD_MOST,
    LEAD_SLACK,
    TAGS,
    render_markdown,
    render_post,
    sanitise,
)
from skillswap.lib.text import BIDI
from tests.support.hostile import BOMBS, DEEP, HOSTILE, SHORT

VALUES = {"rel": "nofollow noopener ugc", "tabindex": "0"}
VOID = {"br", "hr"}


class Judge(HTMLParser):
    """Reads markup with another parser than the one that made it, and knows what is allowed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == [], "left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES.get(tag, ()), name
            if name == "href":
                self.judge_address(value or "")
            else:
                assert value == VALUES[name]
        if tag not in VOID:
            self.open.append(tag)

    def judge_address(self, href: str) -> None:
        if href.startswith(("https://", "http://")):
            assert len(href) > 8
        elif not href.startswith("mailto:"):
            assert href.startswith("/")
            assert href[1:2] not in ("/", "\\")
        assert not set(href) & set('<>"` \t\n')

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert not set(data) & BIDI
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def test_there_are_three_hundred_of_them():
    assert len(set(SHORT)) >= 300


@pytest.mark.parametrize("around", ["{}", "# Title\n\n- item {}\n\n> {}", "**{}** `x` [y]({})"])
def test_nothing_but_the_allowed_names_comes_out(around):
    for attack in SHORT:
        made = render_post(around.format(attack, attack))
        Judge(made.html)
        Judge(made.lead)


def test_nor_where_markdown_would_have_let_html_through():
    for attack in SHORT:
        if "&#x202E;" not in attack:  # of those Markdown makes characters first
            Judge(sanitise(attack))


@pytest.mark.parametrize("flood", [*BOMBS, *DEEP], ids=lambda text: repr(text[:8]))
def test_a_flood_of_signs_is_read_in_good_time(flood):
    start = time.process_time()
    made = render_post(flood)
    assert time.process_time() - start < 2  # some 0.3 s; 20 s and more where nothing bounds it
    Judge(made.html)
    Judge(made.lead)
    assert len(made.html) < 12 * len(flood)


def test_half_of_a_text_is_as_harmless_as_all_of_it():
    for attack in HOSTILE[::3]:
        lead = render_post(f"{'word ' * 110}{attack} {'word ' * 110}").lead
        Judge(lead)


# -- what comes out -------------------------------------------------------------------------------


def test_what_people_write_is_kept():
    html = render_markdown("# Hello\n\nI *paint* **weather**, `oil`\nand\n\n1. one\n2. two\n\n> so")
    for part in ("<h2>Hello</h2>", "<em>paint</em>", "<strong>weather</strong>", "<code>oil"):
        assert part in html
    for part in ("<br>", "<ol>", "<li>one</li>", "<blockquote>"):
        assert part in html


def test_headings_stand_below_those_of_the_page_and_in_lists_one_lower():
    made = render_post("# One\n\n## Two\n\n### Three\n\n###### Six")
    assert made.html == "<h2>One</h2>\n<h2>Two</h2>\n<h3>Three</h3>\n<h4>Six</h4>\n"
    assert made.lead == "<h3>One</h3>\n<h3>Two</h3>\n<h4>Three</h4>\n<h5>Six</h5>\n"
    assert not made.is_long


def test_code_that_is_wider_than_the_page_scrolls_by_keys():
    assert render_markdown("```\nx = 1\n```") == '<pre tabindex="0"><code>x = 1\n</code></pre>\n'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[my bank](https://evil.example/login)", "my bank (evil.example)"),
        ("[https://bank.example](https://evil.example)", "https://bank.example (evil.example)"),
        ("[evil.example.bank.example](https://evil.example)", "(evil.example)"),
        ("https://bank.example@evil.example", "(bank.example@evil.example)"),
        ("[https://\u0430pple.example](https://\u0430pple.example)", "(xn--"),
        ("[write](mailto:a@b.example)", "write (a@b.example)"),
    ],
)
def test_a_link_shows_where_it_leads(text, shown):
    html = render_markdown(text)
    assert shown in html
    assert 'rel="nofollow noopener ugc"' in html


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/x?y=1#z",
        "[a.example](https://a.example/x)",
        "[A.example/x](https://a.example/x)",
        "<a@b.example>",
        "[me](/people/ada)",
    ],
)
def test_a_link_that_says_where_it_leads_says_it_once(text):
    html = render_markdown(text)
    assert html.count("<a ") == 1
    assert "(" not in html


def test_names_of_files_are_no_addresses():
    assert "<a" not in render_markdown("Open notes.md, then run main.py and write to a@b.example")
    html = render_markdown("(see https://a.example/x), or www.b.example.")
    assert '<a href="https://a.example/x" ' in html
    assert '<a href="http://www.b.example" ' in html
    assert urlsplit("http://www.b.example").hostname == "www.b.example"


def test_a_wall_of_marks_is_shown_as_it_was_typed():
    body = "> a\n\n" * 3_000
    html = render_markdown(body)
    assert html.startswith('<pre tabindex="0"><code>&gt; a\n\n&gt; a')
    assert Judge(html).text.strip() == body.strip()


# -- the beginning of a text ----------------------------------------------------------------------


def test_a_short_text_is_its_own_beginning():
    made = render_post("Wet the *paper* first.\n\n> Then wait.")
    assert (made.lead, made.is_long, made.words) == (made.html, False, 6)


def test_a_long_text_begins_with_its_first_blocks():
    blocks = ["para " * 60, "para " * 50, "## And then", "para " * 60]
    made = render_post("\n\n".join(blocks))
    assert made.is_long
    assert Judge(made.lead).text.split() == ("para " * 110).split()
    assert made.words == 172


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ("word & " * 300, "…</p>"),
        ("*" + "word " * 300 + "end*", "…</em></p>"),
        ("```\n" + "x = 1\n" * 300 + "```", "…</code></pre>"),
        ("- item\n" * 300, "</li>\n</ul>"),
        ("> [a " + "b " * 900 + "](https://a.example)", "…</a></p></blockquote>"),
        ("x" * 2_000, "x…</p>"),
    ],
)
def test_one_long_block_ends_within_it_and_closes_what_is_open(body, end):
    made = render_post(body)
    assert made.is_long
    assert made.lead.endswith(end) or made.lead.endswith(end.replace("\n", ""))
    assert 100 < len(Judge(made.lead).text) <= LEAD_MOST + LEAD_SLACK
