"""What is sealed can be opened by a holder of a key only."""

import pytest
from cryptography.fernet import Fernet

from driver.errors import NotReady
from driver.sealing import seal, unseal

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))
CONTENT = {"clientSecret": "n33dle", "template": {"resources": [1, None, "ü"]}}


def test_what_was_sealed_is_opened_again() -> None:
    assert unseal(seal(CONTENT, (NEW,)), (NEW,)) == CONTENT


def test_keys_rotate() -> None:
    old = seal(CONTENT, (OLD,))
    assert unseal(old, (NEW, OLD)) == CONTENT
    assert unseal(seal(CONTENT, (NEW, OLD)), (NEW,)) == CONTENT
    with pytest.raises(NotReady, match="keep an old key until its work is done"):
        unseal(old, (NEW,))


@pytest.mark.parametrize("position", [0, 12, 60, -5])
def test_what_was_tampered_with_is_not_opened(position: int) -> None:
    sealed = seal(CONTENT, (NEW,))
    other = "A" if sealed[position] != "A" else "B"
    at = position % len(sealed)
    with pytest.raises(NotReady):
        unseal(sealed[:at] + other + sealed[at + 1 :], (NEW,))


@pytest.mark.parametrize("junk", ["", "junk", "gAAAA"])
def test_junk_is_not_opened(junk: str) -> None:
    with pytest.raises(NotReady):
        unseal(junk, (NEW,))


def test_nothing_shows_through_and_no_two_are_alike() -> None:
    sealed = seal(CONTENT, (NEW,))
    assert "n33dle" not in sealed
    assert sealed.isascii()
    assert seal(CONTENT, (NEW,)) != sealed


def test_what_repeats_is_compressed() -> None:
    assert len(seal({"template": "x" * 100_000}, (NEW,))) < 1_000


@pytest.mark.parametrize("key", ["short", FOREIGN[:-2], "ü" * 44], ids=["short", "cut", "umlauts"])
def test_what_is_no_key_is_said_without_showing_it(key: str) -> None:
    with pytest.raises(NotReady, match="SEALING_KEYS holds something that is no Fernet key") as caught:
        seal(CONTENT, (key,))
    assert key not in str(caught.value)
