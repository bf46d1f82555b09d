"""Driver files: what is taken of a zip, and what is refused."""

import base64
import bz2
import gzip
import io
import lzma
import random
import warnings
import zipfile
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.errors import InvalidRequest
from driver.packages.archives import LARGEST, LARGEST_CONTENT, MOST_FILES, read_files
from tests.support.requests import NO_FILES

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def archive(contents: dict[str, bytes], method: int = DEFLATED) -> bytes:
    """A zip of the given files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as writer:
        for path, content in contents.items():
            writer.writestr(zipfile.ZipInfo(path), content, compress_type=method)
    return stream.getvalue()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def fault(content: bytes) -> str:
    with pytest.raises(InvalidRequest) as caught:
        read_files(encoded(content))
    assert str(caught.value).startswith("driverFiles: ")
    assert len(str(caught.value)) < 500
    return str(caught.value)


GOOD = {"lifecycle.yaml": b"version: 1", "modules/a.bicep": b"", "README.md": b"x" * 5000}


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_files_by_path(method: int) -> None:
    assert read_files(encoded(archive(GOOD, method))) == GOOD


@pytest.mark.parametrize("nothing", ["", "  \n", NO_FILES])
def test_no_files(nothing: str) -> None:
    assert read_files(nothing) == {}


def test_folders_are_no_files_and_line_breaks_are_taken() -> None:
    text = encoded(archive({"modules/": b"", "modules/a.bicep": b"a"}))
    assert read_files("\r\n".join(text[at : at + 60] for at in range(0, len(text), 60))) == {"modules/a.bicep": b"a"}


@pytest.mark.parametrize("text", ["%%%%", "abc", "äöü=", "UEsDB*=="])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^driverFiles: not base64: "):
        read_files(text)


@pytest.mark.parametrize(
    "content", [b"no zip", b"PK\x03\x04", b"PK\x05\x06" + b"\x00" * 10, b"\x1f\x8b" + b"\x00" * 40]
)
def test_what_is_no_zip(content: bytes) -> None:
    assert "not a zip that can be read" in fault(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(gzip.compress(b"a", mtime=0), "gzip"), (bz2.compress(b"a"), "bzip2"), (lzma.compress(b"a"), "xz")],
)
def test_an_archive_of_another_kind_is_named(content: bytes, kind: str) -> None:
    assert f"not a zip that can be read: it is {kind}" in fault(content)


@pytest.mark.parametrize(
    "path",
    [
        "../main.json",
        "a/../../main.json",
        "..",
        "/etc/passwd",
        "//server/share",
        "C:\\main.json",
        "..\\main.json",
        "a\\..\\..\\b",
        "\\main.json",
        "./main.json",
        "a//b",
        "a:stream",
        "a\nb",
        "a\x1b[31mb",
        "\u202ea",
    ],
)
def test_paths_that_lead_out_of_the_zip(path: str) -> None:
    assert "is no path inside the zip" in fault(archive({path: b""}, STORED))


def test_backslashes_are_folders() -> None:
    assert list(read_files(encoded(archive({"modules\\a.bicep": b""})))) == ["modules/a.bicep"]


def test_an_empty_name() -> None:
    nameless = zipfile.ZipInfo("x")
    nameless.filename = ""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as writer:
        writer.writestr(nameless, "content")
    assert "is no path inside the zip" in fault(stream.getvalue())


def test_links() -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as writer:
        writer.writestr(link, "/etc/passwd")
    assert "'link' is a link" in fault(stream.getvalue())


@pytest.mark.parametrize("second", ["main.json", "modules\\a", "modules/a"])
def test_a_path_that_stands_there_twice(second: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as writer, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for path in ("main.json", "modules/a", second):
            writer.writestr(path, "")
    assert f"'{second.replace(chr(92), '/')}' stands in the zip twice" in fault(stream.getvalue())


def test_a_zip_that_is_too_large_is_not_even_decoded() -> None:
    with pytest.raises(InvalidRequest, match=f"larger than {LARGEST} bytes"):
        read_files("%" * (LARGEST * 4 // 3 + 8))


def test_a_bomb_is_refused_by_its_size() -> None:
    bomb = archive({"a": bytes(LARGEST_CONTENT // 2), "b": bytes(LARGEST_CONTENT // 2), "c": b"1"})
    assert len(bomb) < 100_000
    assert f"larger than {LARGEST_CONTENT} bytes together" in fault(bomb)


@pytest.mark.parametrize("declared", [1, 100])
def test_a_bomb_that_lies_about_its_size_is_not_read_beyond_it(declared: int) -> None:
    size = 4 * 1024 * 1024
    honest = archive({"a": bytes(size)})
    lie = honest.replace(size.to_bytes(4, "little"), declared.to_bytes(4, "little"))
    assert lie != honest
    assert "not a zip that can be read" in fault(lie)


def test_too_many_files() -> None:
    assert f"more than {MOST_FILES}" in fault(archive({f"f{number}": b"" for number in range(MOST_FILES + 1)}, STORED))


def test_an_encrypted_file() -> None:
    content = bytearray(archive({"a": b"content"}, STORED))
    content[6] |= 1  # the flag in the file's own header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in fault(bytes(content))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(method: int) -> None:
    assert f"'a' is compressed by method {method}" in fault(archive({"a": b"content"}, method))


def told(read: Callable[[], object]) -> str:
    """What is said of driver files; nothing of those that are taken. Anything but InvalidRequest comes through."""
    try:
        read()
    except InvalidRequest as refused:
        return str(refused)
    return ""


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    assert told(partial(read_files, encoded(content))).startswith("driverFiles: ") == bool(content)


@given(st.text(max_size=100))
def test_any_text_is_refused_in_words(text: str) -> None:
    assert told(partial(read_files, text)).startswith("driverFiles: ") == bool(text.strip())


@pytest.mark.parametrize("method", [STORED, DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_any_damage_to_a_zip_is_refused_in_words_or_does_no_harm(method: int) -> None:
    chance = random.Random(5)
    whole = archive(GOOD, method)
    for _ in range(1500):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        cut = damaged[: chance.randrange(len(damaged))] if chance.random() < 0.1 else damaged
        text = told(partial(read_files, encoded(bytes(cut))))
        assert text == "" or text.startswith("driverFiles: ")
