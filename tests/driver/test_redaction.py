"""Redaction of texts: secrets in any case, and the words beside each pattern leave nothing out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver import redaction

_PIECES = (
    *("Bearer ", "BEARER ", "eyJ", "eyJhbGciOiJSUzI1NiJ9", ".", "-----BEGIN PRIVATE KEY-----", "-----END", "://"),
    *("user:pw@host", "?sig=", "&T=", "%26s%3D", "client_secret", "CLIENTSECRET", "pa\u017f\u017fword", "api\u212aey"),
    *("Authorization", "account_key", '": "', ": ", "=", "'", '{"value": ', "a1b2c3d4e5", " ", "\n"),
)

SECRET = "Sec-ret/4711 \u00e4"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"a {SECRET} b", "a *** b"),
        (f"a {SECRET.upper()} b {SECRET} c {SECRET.lower()}", "a *** b *** c ***"),
        ("a SEC-RET%2f4711+%c3%a4 b", "a *** b"),
        ("a SEC-RET/4711 \\U00E4 b", "a *** b"),
        ("STRASSE stra\u00dfe \u0130 word WORD", "STRASSE stra\u00dfe \u0130 *** WORD"),
        ("sec-ret/4711", "sec-ret/4711"),
    ],
)
def test_a_secret_is_hidden_in_any_case_and_a_short_one_as_it_is(text: str, hidden: str) -> None:
    assert redaction.hide_secrets(text, (SECRET, "word", "a")) == hidden


@given(st.text(max_size=30), st.text(max_size=12), st.text(max_size=30))
def test_a_secret_is_hidden_whatever_its_letters_are(before: str, secret: str, after: str) -> None:
    hidden = redaction.hide_secrets(f"{before}{secret}{after}", (secret,))
    assert len(secret) < 4 or "*" in secret or secret not in hidden


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=4)), max_size=12).map("".join))
def test_a_pattern_that_is_left_out_would_change_nothing(text: str) -> None:
    expected = text
    for _, pattern in redaction._PATTERNS:
        expected = pattern.sub(r"\1***", expected)
    assert redaction.hide_secrets(text, ()) == expected
