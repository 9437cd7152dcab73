"""What is made once must not show one reader what was made for another."""

from flask import render_template_string


def test_a_piece_sees_its_arguments_and_nothing_of_the_page(app):
    with app.test_request_context():
        page = "{% set card = 'of the page' %}{{ piece('_head.html', theme=theme) }}"
        dark, light = (render_template_string(page, theme=theme) for theme in ("dark", "light"))
    assert "#0c1512" in dark
    assert "#fbf8f2" not in dark
    assert "#fbf8f2" in light


def test_macros_are_made_once_and_print_their_arguments(app):
    line = "{% import 'ui.html' as ui %}{{ ui.badge('ok', none, word) }}"
    with app.test_request_context():
        first, second = (render_template_string(line, word=word) for word in ("one", "two"))
        made = app.jinja_env.get_template("ui.html")._get_default_module()
    assert "one" in first
    assert "two" in second
    assert made is app.jinja_env.get_template("ui.html")._get_default_module()
