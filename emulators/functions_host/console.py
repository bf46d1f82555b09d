"""What the host itself says: to its standard output, and its warnings where nobody can overlook them."""

import sys


def say(text: str) -> None:
    """A line for the developer."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Something that the real host would leave unsaid and that is almost certainly a mistake."""
    color, plain = ("\x1b[1;33m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    print(f"{color}WARNING: {text}{plain}", file=sys.stderr, flush=True)
