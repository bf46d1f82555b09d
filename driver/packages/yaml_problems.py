"""Problems of a YAML text in plain words: what PyYAML says of them, and characters that nobody sees."""

import re
import unicodedata

import yaml

NO_ALIAS = "anchors and aliases are not taken: write the value out"
_LONGEST = 100  # characters of the file in a message
# A text that begins with an expression and stands in no quotes: YAML takes it for a mapping.
_UNQUOTED = re.compile(r"(?:^|[:,\[{-])\s*(\{\{.*\}\}[^#,\]}]*)")
# Blanks that YAML takes for letters, and characters without a width.
_HALF = re.compile(r"[\ud800-\udfff]")
_UNSEEN = re.compile(r"[\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]")
# What PyYAML calls a problem, and what is said of it. The mark is where that begins (True) or where it was noticed.
_PROBLEMS = (
    ("mapping values are not allowed here", "a ':' is not taken here; put a text with ': ' in it into quotes", False),
    ("could not find expected ':'", "a ':' is missing after this key", True),
    (r"found character '\t'", "a tab is not taken here: indent with spaces", False),
    ("found character", "a text does not begin with this character: put it into quotes", False),
    ("found unexpected end of stream", "the quote that opens here is not closed", True),
    ("expected ',' or '}'", "a ',' is missing, or the '{' that opens here is not closed", True),
    ("expected ',' or ']'", "a ',' is missing, or the '[' that opens here is not closed", True),
    ("expected <block end>", "this line is indented otherwise than the lines that it belongs to", False),
    ("sequence entries are not allowed here", "a '-' is not taken here: a list begins on a line of its own", False),
    ("expected the node content", "a value is missing here", False),
    ("unknown escape character", "this backslash is not taken: put the text into single quotes", False),
    ("another document", "only one document is taken: remove what follows '---'", False),
    ("expected '<document start>'", "the file ends before this: indent it like what it belongs to", False),
    ("could not determine a constructor", "a tag is not taken: write the value without its '!'", False),
    ("anchor", NO_ALIAS, False),
    ("alias", NO_ALIAS, False),
)


def describe_blank(text: str) -> str:
    """The message about a character at the beginning or end of a text that looks like a blank, as web pages and text
    processors put it in; empty if there is none.
    """
    for character in (*text[:1], *text[-1:]):
        if not character.isascii() and (character.isspace() or unicodedata.category(character) == "Cf"):
            return f"U+{ord(character):04X} is not taken, it only looks like a blank or like nothing: write a space"
    return ""


def describe_half(text: str) -> str:
    """The message about half a character of UTF-16 in a text; empty if there is none."""
    half = _HALF.search(text)
    return f"\\u{ord(half[0]):04x} is half a character: write the character itself" if half else ""


def describe_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> str:
    """What is wrong with a text that is no YAML: file, line, column, and what would be right."""
    problem = " ".join(str(part) for part in (error.context, error.problem) if part)
    marks = [mark for mark in (error.context_mark, error.problem_mark) if mark is not None]
    lines = text.split("\n")
    for mark in reversed(marks):
        line = lines[mark.line] if mark.line < len(lines) else ""
        if unseen := _UNSEEN.search(line):
            return f"{file} line {mark.line + 1}, column {unseen.start() + 1}: {describe_blank(unseen[0])}"
        unquoted = _UNQUOTED.search(line)
        if unquoted and "{{" in unquoted[1]:
            given = unquoted[1].strip()[:_LONGEST]
            return f'{file} line {mark.line + 1}: a text that begins with {{{{ has to stand in quotes: "{given}"'
    said, at_start = next(
        ((said, at_start) for part, said, at_start in _PROBLEMS if part in problem),
        ("this is no YAML; a text with one of : # { } [ ] , & * ! | > % @ may need quotes", False),
    )
    if not marks:
        return f"{file}: {said}"
    mark = marks[0] if at_start else marks[-1]
    return f"{file} line {mark.line + 1}, column {mark.column + 1}: {said}"
