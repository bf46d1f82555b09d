"""The console: one page over the list of executions, made of the files in this folder. It loads nothing else.

Its Content-Security-Policy allows this script and these styles by their digests, calls to the page's own host, and no
markup that is made of text (Trusted Types).
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent
# One module script; each file uses what stands before it.
_SCRIPTS = ("elements", "address", "reading", "executions", "failures", "details", "page", "actions")
_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


@cache
def build_page() -> str:
    """The page, as HTML."""
    page = _read_file("console.html")
    return page.replace("/* console.css */", _read_file("console.css")).replace("/* console.js */", _join_scripts())


@cache
def build_policy() -> str:
    """The Content-Security-Policy of the page."""
    return _POLICY.format(script=_digest(_join_scripts()), style=_digest(_read_file("console.css")))


def _join_scripts() -> str:
    return "".join(_read_file(f"{name}.js") for name in _SCRIPTS)


def _read_file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
