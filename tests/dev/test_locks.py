"""Work that one process at a time may do."""

import fcntl
from pathlib import Path

import pytest

from dev.locks import locked


def test_the_lock_is_held_in_the_block_and_not_after_it(tmp_path: Path) -> None:
    file = tmp_path / "made" / "lock"
    with locked(file), file.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with file.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
