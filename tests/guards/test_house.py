"""Do the walls stand: arrows, sizes, words, vendored files?"""

from __future__ import annotations

import ast
import gzip
import hashlib
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from skillswap.config import ROOT

CODE = ROOT / "skillswap"
STATIC = CODE / "static"
MODULES = sorted(CODE.rglob("*.py"))
FILE_LINES, TEMPLATE_LINES = 400, 120
VIEW_LINES, DOMAIN_LINES = 25, 40
CSS_BYTES, CSS_GZIP = 50 * 1024, 12 * 1024
JS_LINES = 600
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    """Every function of a module, the nested ones too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def public(path: Path) -> Iterator[Function]:
    """The functions and methods that others may call."""
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (
                item
                for item in node.body
                if isinstance(item, Function) and not item.name.startswith("_")
            )
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield node


def body_lines(function: Function) -> int:
    """Lines from the signature to the end, without the docstring."""
    end = function.end_lineno or function.lineno
    first = function.body[0]
    lines = end - function.lineno + 1
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_arrows_only_point_down() -> None:
    # in a process of its own: in this one it would switch every logger off for the tests after it
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_is_a_corridor() -> None:
    long = {path.name: path.read_text().count("\n") for path in MODULES}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES} == {}


def test_no_template_is_a_corridor() -> None:
    long = {
        str(path.relative_to(CODE)): path.read_text().count("\n")
        for path in (CODE / "templates").rglob("*.html")
        if path.name != "ui.html"  # the parts of every page, one after the other
    }
    assert {name: lines for name, lines in long.items() if lines > TEMPLATE_LINES} == {}


@pytest.mark.parametrize(
    ("folder", "most"), [("blueprints", VIEW_LINES), ("domain", DOMAIN_LINES), ("lib", 40)]
)
def test_functions_stay_short(folder: str, most: int) -> None:
    long = {
        f"{path.name}:{function.name}": body_lines(function)
        for path in sorted((CODE / folder).rglob("*.py"))
        for function in functions(path)
    }
    assert {name: lines for name, lines in long.items() if lines > most} == {}


def test_every_module_and_public_function_says_what_it_promises() -> None:
    silent = [path.name for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]
    silent += [
        f"{path.name}:{function.name}"
        for path in MODULES
        for function in public(path)
        if not ast.get_docstring(function)
        and not any(
            isinstance(d, ast.Attribute) and d.attr == "setter" for d in function.decorator_list
        )
        # what a base class promises already
        and function.name not in {"load_dialect_impl", "process_bind_param", "process_result_value"}
    ]
    assert silent == []


def test_session_alone_means_nothing_here() -> None:
    """`db.session`, `flask.session` and a LearningSession are three things; none is `session`."""
    bare = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            name = (
                node.id
                if isinstance(node, ast.Name)
                else node.arg
                if isinstance(node, ast.arg | ast.keyword)
                else None
            )
            if name == "session":
                bare.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    assert bare == []


def test_only_the_named_files_make_markup() -> None:
    """Autoescape is always on; these are the places that say "this is safe"."""
    allowed = {"skillswap/template_tools.py", "skillswap/blueprints/teachers.py"}
    makers = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(r"\bMarkup\(", path.read_text())
    }
    assert makers <= allowed


def test_the_vendored_script_is_the_one_the_licences_name() -> None:
    licences = (STATIC / "LICENSES.md").read_text()
    for script in (STATIC / "vendor").glob("*.js"):
        digest = b64encode(hashlib.sha384(script.read_bytes()).digest()).decode()
        assert script.name in licences
        assert digest in licences


def test_the_styles_keep_to_their_budget() -> None:
    styles = b"".join(path.read_bytes() for path in sorted((STATIC / "css").glob("*.css")))
    assert len(styles) <= CSS_BYTES
    assert len(gzip.compress(styles, 9)) <= CSS_GZIP


def test_the_scripts_stay_small() -> None:
    assert sum(path.read_text().count("\n") for path in (STATIC / "js").glob("*.js")) <= JS_LINES


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons" / "icons.svg").read_text()))
    named = set()
    for template in (CODE / "templates").rglob("*.html"):
        named |= set(re.findall(r'(?:icon|empty)\("([a-z][\w-]+)"', template.read_text()))
    assert named - drawn == set()


def test_nothing_names_this_workplace() -> None:
    """No path of a machine and no registry's host in what is committed."""
    suspicious = re.compile(r"/root/|/work/|pypi\.org/simple|files\.pythonhosted|registry\.npmjs")
    here = Path(__file__)
    found = [
        str(path.relative_to(ROOT))
        for folder in ("skillswap", "tests", "tools", "bench", "docs", "migrations")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".html", ".js", ".css", ".toml", ".txt", ".ini"}
        and path != here
        and ".artifacts" not in path.parts
        and suspicious.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
