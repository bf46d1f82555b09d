"""Driver files: a zip in base64. It is read in memory, within limits of number and size."""

import base64
import binascii
import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from driver.errors import InvalidRequest

LARGEST = 8 * 1024 * 1024  # bytes of the zip
LARGEST_CONTENT = 32 * 1024 * 1024  # bytes of all files together, twice what ARM takes for templates and parameters
MOST_FILES = 1_000
LONGEST_PATH = 250  # bytes; a file system takes names of 255
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER_KINDS = (
    (b"\x1f\x8b", "gzip (.tar.gz, .tgz)"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
)
_LINK = 0o120000
_KIND = 0o170000


def read_files(driver_files: str) -> dict[str, bytes]:
    """The contents of driver files by path; empty if there is no zip. Raises InvalidRequest naming what is wrong."""
    if not driver_files.strip():
        return {}
    if len(driver_files) > LARGEST * 4 // 3 + 4:
        raise InvalidRequest(f"driverFiles: the zip is larger than {LARGEST} bytes")
    try:
        content = base64.b64decode("".join(driver_files.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(f"driverFiles: not base64: {error}") from error
    _require_zip(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read_archive(archive)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        raise InvalidRequest(f"driverFiles: not a zip that can be read: {error}") from error


def check_files(files: Mapping[str, bytes]) -> None:
    """Raise InvalidRequest if a request with the files, by path, would be refused."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    if stream.tell() > LARGEST:
        raise InvalidRequest(f"driverFiles: the zip is larger than {LARGEST} bytes")
    with zipfile.ZipFile(stream) as archive:
        _check_entries(archive.infolist())


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Raise InvalidRequest if there are too many files, or too large ones, or one with a path that is not taken."""
    if len(entries) > MOST_FILES:
        raise InvalidRequest(f"driverFiles: {len(entries)} files, more than {MOST_FILES}")
    if sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
        raise InvalidRequest(f"driverFiles: the files are larger than {LARGEST_CONTENT} bytes together")
    for entry in entries:
        _read_path(entry)


def _read_archive(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    _check_entries(entries)
    contents: dict[str, bytes] = {}
    for entry in entries:
        path = _read_path(entry)
        if path in contents:
            raise InvalidRequest(f"driverFiles: '{path}' stands in the zip twice")
        with archive.open(entry) as stream:
            # The entry's file_size may be wrong: more than it says (and one byte) is never read.
            contents[path] = stream.read(entry.file_size + 1)
    for path in contents:
        if file := next((str(parent) for parent in PurePosixPath(path).parents if str(parent) in contents), ""):
            raise InvalidRequest(f"driverFiles: '{file}' is a file and the folder of '{path}'")
    return contents


def _require_zip(content: bytes) -> None:
    """Raise InvalidRequest for an archive of another kind, by its first bytes."""
    kind = next((kind for begin, kind in _OTHER_KINDS if content.startswith(begin)), "")
    if kind:
        raise InvalidRequest(f"driverFiles: not a zip that can be read: it is {kind}; make a zip")


def _read_path(entry: zipfile.ZipInfo) -> str:
    if entry.compress_type not in _METHODS:
        raise InvalidRequest(
            f"driverFiles: '{entry.filename[:200]}' is compressed by method {entry.compress_type}; only stored and"
            " deflated files are taken"
        )
    if entry.external_attr >> 16 & _KIND == _LINK:
        raise InvalidRequest(f"driverFiles: '{entry.filename[:200]}' is a link; only files are taken")
    path = entry.filename.replace("\\", "/")
    parts = path.split("/")
    if len(path.encode(errors="replace")) > LONGEST_PATH:
        raise InvalidRequest(f"driverFiles: '{path[:200]}...' is longer than {LONGEST_PATH} bytes")
    if path.startswith("/") or ":" in path or any(part in ("", ".", "..") for part in parts) or not path.isprintable():
        raise InvalidRequest(f"driverFiles: '{path[:200]}' is no path inside the zip (no '..', no absolute path)")
    return path
