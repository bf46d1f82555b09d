"""The sealing keys of this process: of SEALING_KEYS, or of SEALING_KEYS_FILE, which is read again when it changes.

If a file becomes unusable, the keys that were read before stay in use. The log says so once, and health until it is
usable again.
"""

import logging
from base64 import urlsafe_b64decode
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

from cryptography.fernet import Fernet

from driver.errors import NotReady
from driver.settings import Settings
from driver.variables import split_keys

_log = logging.getLogger(__name__)


def read_keys(settings: Settings) -> tuple[str, ...]:
    """The keys as they are now: the first seals, all open. Raises NotReady if there never was a usable one."""
    if settings.sealing_keys:
        _require_valid_keys(settings.sealing_keys, "SEALING_KEYS")
        return settings.sealing_keys
    keys, fault = _open_file(settings.sealing_keys_file).read()
    if not keys:
        raise NotReady(fault)
    return keys


def find_fault(settings: Settings) -> str:
    """What is wrong with the file of the keys as it is now; empty if nothing is."""
    if settings.sealing_keys or not settings.sealing_keys_file:
        return ""
    return _open_file(settings.sealing_keys_file).read()[1]


def compute_fingerprint(key: str) -> str:
    """The name of a key in sealed texts and log lines: 8 hexadecimal digits, which do not reveal the key."""
    return sha256(b"azure-driver sealing key " + urlsafe_b64decode(key)).hexdigest()[:8]


class _KeyFile:
    """A file of keys, which several threads read. Kubernetes replaces such a file by swapping a symbolic link above it:
    then its inode and times are others.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lock = Lock()
        self._stamp: tuple[int, ...] | None = None
        self._keys: tuple[str, ...] = ()
        self._fault = ""

    def read(self) -> tuple[tuple[str, ...], str]:
        """The newest usable keys, and what is wrong with the file as it is now."""
        with self._lock:
            stamp = self._read_stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._load()
            return self._keys, self._fault

    def _read_stamp(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def _load(self) -> None:
        try:
            keys = split_keys(self._path.read_text(encoding="ascii"))
            _require_valid_keys(keys, "SEALING_KEYS_FILE")
        except (OSError, UnicodeDecodeError) as error:
            self._note_fault(f"SEALING_KEYS_FILE cannot be read: {error}")
        except NotReady as error:
            self._note_fault(str(error))
        else:
            self._take(keys)

    def _take(self, keys: tuple[str, ...]) -> None:
        if self._keys and (self._fault or keys != self._keys):
            first, *others = map(compute_fingerprint, keys)
            _log.info("sealing keys read again: key %s seals, others that open: %s", first, ", ".join(others) or "none")
        self._keys, self._fault = keys, ""

    def _note_fault(self, fault: str) -> None:
        if self._keys and fault != self._fault:
            _log.error("%s; the keys that were read before stay in use", fault)
        self._fault = fault


@cache
def _open_file(path: str) -> _KeyFile:
    return _KeyFile(path)


def _require_valid_keys(keys: tuple[str, ...], where: str) -> None:
    """Raise NotReady if there is no key, or one is no Fernet key."""
    if not keys:
        raise NotReady(f"{where} holds no key")
    try:
        for key in keys:
            Fernet(key)
    except ValueError as error:
        raise NotReady(f"{where} holds something that is no Fernet key (32 bytes, URL-safe base64)") from error
