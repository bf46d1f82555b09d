"""What is sealed can be opened by a holder of its key only, and only for what it belongs to."""

import pytest
from cryptography.fernet import Fernet

from driver.keys import compute_fingerprint
from driver.sealing import Damaged, UnknownKey, seal, unseal
from tests.support.sealed import seal_without_owner

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
CONTENT = {"clientSecret": "n33dle", "template": {"resources": [1, None, "ü"]}}


def tamper(sealed: str, position: int) -> str:
    at = position % len(sealed)
    return sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]


def test_what_was_sealed_is_opened_again() -> None:
    assert unseal(seal(CONTENT, "r-1", (NEW,)), "r-1", (NEW,)) == CONTENT


def test_keys_rotate() -> None:
    old = seal(CONTENT, "r-1", (OLD,))
    assert unseal(old, "r-1", (NEW, OLD)) == CONTENT
    assert unseal(seal(CONTENT, "r-1", (NEW, OLD)), "r-1", (NEW,)) == CONTENT


def test_a_key_that_is_not_here_is_named_by_its_fingerprint() -> None:
    with pytest.raises(UnknownKey) as caught:
        unseal(seal(CONTENT, "r-1", (OLD,)), "r-1", (NEW,))
    theirs, ours = compute_fingerprint(OLD), compute_fingerprint(NEW)
    assert str(caught.value) == f"r-1 was sealed with key {theirs}, and the sealing keys of this host are {ours}"


@pytest.mark.parametrize("owner", ["r-2", "content-r-1", "", "r-1 "])
def test_what_is_sealed_opens_for_its_owner_only(owner: str) -> None:
    sealed = seal(CONTENT, "r-1", (NEW,))
    with pytest.raises(Damaged, match="damaged, or was sealed for something else"):
        unseal(sealed, owner, (NEW,))


def test_what_release_2_0_0_sealed_is_opened() -> None:
    sealed = seal_without_owner(CONTENT, OLD)
    assert unseal(sealed, "r-1", (NEW, OLD)) == CONTENT
    with pytest.raises(UnknownKey, match=f"an earlier release .* this host opens it: {compute_fingerprint(NEW)}"):
        unseal(sealed, "r-1", (NEW,))


def test_what_is_bound_does_not_open_as_a_text_of_release_2_0_0() -> None:
    with pytest.raises(Damaged):
        unseal(seal(CONTENT, "r-1", (NEW,)).rpartition(".")[2], "r-2", (NEW,))


@pytest.mark.parametrize("position", [0, 1, 10, 14, 60, -5])
def test_what_was_tampered_with_is_damaged(position: int) -> None:
    with pytest.raises(Damaged):
        unseal(tamper(seal(CONTENT, "r-1", (NEW,)), position), "r-1", (NEW,))


def test_a_fingerprint_of_another_key_does_not_open() -> None:
    sealed = seal(CONTENT, "r-1", (NEW,)).replace(compute_fingerprint(NEW), compute_fingerprint(OLD))
    with pytest.raises(Damaged):
        unseal(sealed, "r-1", (NEW, OLD))


@pytest.mark.parametrize("junk", ["", "junk", "gAAAA", "2.", "2.12345678", "2.ü.ü", "ü"])
def test_junk_is_not_opened(junk: str) -> None:
    with pytest.raises((Damaged, UnknownKey)):
        unseal(junk, "r-1", (NEW,))


def test_nothing_shows_through_and_no_two_are_alike() -> None:
    sealed = seal(CONTENT, "r-1", (NEW,))
    assert "n33dle" not in sealed
    assert sealed.isascii()
    assert seal(CONTENT, "r-1", (NEW,)) != sealed


def test_what_repeats_is_compressed() -> None:
    assert len(seal({"template": "x" * 100_000}, "r-1", (NEW,))) < 1_000
