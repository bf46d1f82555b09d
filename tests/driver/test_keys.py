"""The sealing keys of a process: of a variable, or of a file that changes under it."""

import logging
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from driver.errors import NotReady
from driver.keys import compute_fingerprint, find_fault, read_keys
from driver.settings import Settings, read

KEY, OTHER = (Fernet.generate_key().decode() for _ in range(2))
NO_KEY = "holds something that is no Fernet key"


def of_file(path: Path) -> Settings:
    return read({"SEALING_KEYS_FILE": str(path)})


def mount(folder: Path, number: int, text: str) -> None:
    """Put a file `keys` into the folder as the kubelet does: `..data` is swapped, `keys` is a link through it."""
    version = folder / f"..2026_{number}"
    version.mkdir(parents=True)
    (version / "keys").write_text(text)
    draft = folder / "..data_tmp"
    draft.symlink_to(version.name)
    draft.replace(folder / "..data")
    if number == 1:
        (folder / "keys").symlink_to("..data/keys")


def list_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines about keys; threads of other tests may log, too."""
    return [record.getMessage() for record in caplog.records if record.name == "driver.keys"]


def test_the_variable_wins(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{KEY}\n{OTHER}\n")
    assert read_keys(of_file(file)) == (KEY, OTHER)
    both = read({"SEALING_KEYS_FILE": str(file), "SEALING_KEYS": OTHER})
    assert (read_keys(both), find_fault(both)) == ((OTHER,), "")


def test_a_file_is_read_again_when_it_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = of_file(tmp_path / "keys")
    mount(tmp_path, 1, KEY)
    assert read_keys(settings) == (KEY,)
    assert list_lines(caplog) == []
    mount(tmp_path, 2, f"{OTHER},{KEY}")
    assert read_keys(settings) == read_keys(settings) == (OTHER, KEY)
    (line,) = list_lines(caplog)
    assert compute_fingerprint(OTHER) in line
    assert OTHER not in line
    mount(tmp_path, 3, OTHER)
    assert read_keys(settings) == (OTHER,)


@pytest.mark.parametrize("broken", ["no-key", "", f"{OTHER},x", None], ids=["text", "empty", "half", "gone"])
def test_a_broken_file_leaves_the_keys_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    file = tmp_path / "keys"
    file.write_text(KEY)
    settings = of_file(file)
    assert read_keys(settings) == (KEY,)
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)
    assert read_keys(settings) == read_keys(settings) == (KEY,)
    assert find_fault(settings).startswith("SEALING_KEYS_FILE ")
    (line,) = list_lines(caplog)
    assert "the keys that were read before stay in use" in line
    file.write_text(f"{OTHER}\n{KEY}")
    assert read_keys(settings) == (OTHER, KEY)
    assert find_fault(settings) == ""


def test_a_file_that_never_was_right_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    with pytest.raises(NotReady, match=r"^SEALING_KEYS_FILE cannot be read: "):
        read_keys(of_file(file))
    file.write_bytes(b"\xff\x00")
    with pytest.raises(NotReady, match=r"^SEALING_KEYS_FILE cannot be read: "):
        read_keys(of_file(file))
    file.write_text(KEY)
    assert read_keys(of_file(file)) == (KEY,)


@pytest.mark.parametrize("key", ["short", OTHER[:-2], "ü" * 44], ids=["short", "cut", "umlauts"])
def test_what_is_no_key_is_said_without_showing_it(key: str) -> None:
    with pytest.raises(NotReady, match=f"SEALING_KEYS {NO_KEY}") as caught:
        read_keys(read({"SEALING_KEYS": key}))
    assert key not in str(caught.value)
