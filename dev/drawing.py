"""Boxes and arrows as SVG: one file that follows the reader's light or dark scheme, or one file for each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

Point = tuple[int, int]

_TEXT = """text { font: 13px system-ui, 'Liberation Sans', sans-serif; }
.title { font-weight: 600; font-size: 14px; }
.line { fill: none; stroke-width: 1.5; }"""
_LINE = 17  # pixels from a line of text to the next
_PALETTES = {
    "light": {"page": "#ffffff", "ink": "#1f2328", "soft": "#57606a", "line": "#57606a"}
    | {"plain": "#f0f4f9", "outside": "#fff6e0", "store": "#e7f6ec", "group": "#fafbfc"},
    "dark": {"page": "#161b22", "ink": "#e6edf3", "soft": "#a9b4c0", "line": "#8b98a5"}
    | {"plain": "#22303f", "outside": "#40361c", "store": "#1d3a28", "group": "#1b2129"},
}


@dataclass(frozen=True)
class Box:
    """A rectangle with a title and lines of text. `kind`: plain (the driver), outside, store, group (holds boxes)."""

    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[str, ...] = ()
    kind: str = "plain"


@dataclass(frozen=True)
class Arrow:
    """A line through points with a head at its end, or at both ends. The label starts at `at`."""

    points: tuple[Point, ...]
    label: str = ""
    at: Point = (0, 0)
    both: bool = False


@dataclass(frozen=True)
class Diagram:
    """A picture, `description` being what it shows for those who do not see it. Sizes are in pixels."""

    name: str
    description: str
    width: int
    height: int
    shapes: tuple[Box | Arrow, ...]


def draw(diagram: Diagram, scheme: str | None = None) -> str:
    """The SVG of a diagram: with the colours of a scheme (`light`, `dark`), or of the one that the reader prefers."""
    if scheme:
        style = _rules(scheme)
    else:
        style = f"{_rules('light')}\n@media (prefers-color-scheme: dark) {{\n{_rules('dark')}\n}}"
    size = f'width="{diagram.width}" height="{diagram.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {diagram.width} {diagram.height}" {size} role="img">',
        f"<title>{escape(diagram.description)}</title>",
        f"<style>\n{style}\n{_TEXT}\n</style>",
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"',
        ' orient="auto-start-reverse"><path class="tip" d="M0 1 10 5 0 9z"/></marker></defs>',
        f'<rect class="page" {size} rx="8"/>',
    ]
    for shape in diagram.shapes:
        lines += _draw_box(shape) if isinstance(shape, Box) else _draw_arrow(shape)
    return "\n".join([*lines, "</svg>", ""])


def _rules(scheme: str) -> str:
    colours = _PALETTES[scheme]
    fills = [f".{kind} {{ fill: {colours[kind]}; }}" for kind in ("page", "plain", "outside", "store", "group")]
    return "\n".join(
        [
            *fills,
            f"rect {{ stroke: {colours['line']}; }} .page {{ stroke: none; }} .group {{ stroke-dasharray: 5 4; }}",
            f"text {{ fill: {colours['ink']}; }} .soft {{ fill: {colours['soft']}; }}",
            f".line {{ stroke: {colours['line']}; }} .tip {{ fill: {colours['line']}; }}",
        ]
    )


def _draw_box(box: Box) -> Iterator[str]:
    yield (
        f'<rect class="{box.kind}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6"'
        ' stroke-width="1"/>'
    )
    if box.kind == "group":
        yield f'<text class="title" x="{box.x + 12}" y="{box.y + 22}">{escape(box.title)}</text>'
        return
    middle = box.x + box.width // 2
    top = box.y + (box.height - _LINE * len(box.lines)) // 2 + 5
    yield f'<text class="title" text-anchor="middle" x="{middle}" y="{top}">{escape(box.title)}</text>'
    for number, line in enumerate(box.lines, 1):
        yield f'<text class="soft" text-anchor="middle" x="{middle}" y="{top + _LINE * number}">{escape(line)}</text>'


def _draw_arrow(arrow: Arrow) -> Iterator[str]:
    points = " ".join(f"{x},{y}" for x, y in arrow.points)
    start = ' marker-start="url(#head)"' if arrow.both else ""
    yield f'<polyline class="line" points="{points}" marker-end="url(#head)"{start}/>'
    x, y = arrow.at
    for number, line in enumerate(filter(None, arrow.label.split("\n"))):
        yield f'<text x="{x}" y="{y + _LINE * number}">{escape(line)}</text>'
