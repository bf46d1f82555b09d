"""Secrets that can be found again: each has both needles in it, whatever way it is quoted, escaped or encoded."""

import base64

NEEDLES = (b"NadelImHeuhaufen", b"SchwerZuFinden")
# Between the needles stand the special characters of JSON, URLs, XML and Python.
SECRET = "NadelImHeuhaufen\"q&a=b+c%2F/\\ü'{}SchwerZuFinden"  # noqa: S105 - of no one
PASSWORD = "NadelImHeuhaufen'\"\\<&>%SchwerZuFinden"  # noqa: S105 - of no one
CLOUD_INIT = "#cloud-config\npassword: NadelImHeuhaufen\n# SchwerZuFinden"


def spellings(needle: bytes) -> list[bytes]:
    """A needle as it is and within base64, where it may begin at any of three places."""
    encoded = [base64.b64encode(b"x" * shift + needle)[(0, 2, 3)[shift] : -4] for shift in range(3)]
    return [needle, *encoded]


def find_needle(content: bytes) -> int:
    """Where a needle stands in the content; -1 if there is none."""
    places = [content.find(spelling) for needle in NEEDLES for spelling in spellings(needle)]
    return min((place for place in places if place >= 0), default=-1)


def count_needles(content: bytes) -> int:
    return sum(content.count(spelling) for needle in NEEDLES for spelling in spellings(needle))
