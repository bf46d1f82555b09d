"""Compilation of Bicep sources by the Bicep CLI. It runs isolated: in a private folder, with an empty environment,
without network, and with limits of time and memory.

Each compilation takes one `bicep jsonrpc` process. Results are cached by content.
"""

import codecs
import json
import re
import subprocess
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

from driver.errors import InvalidRequest, NotReady

SECONDS = 30
MEMORY = 512 * 1024 * 1024
LARGEST_ANSWER = 16 * 1024 * 1024  # bytes; ARM takes templates of 4 MB
_MOST_AT_ONCE = 2  # compilers that run in one worker; each may take MEMORY bytes
_KEPT = 64
_SOURCES = (".bicep", ".bicepparam")
_CONFIGURATION = "bicepconfig.json"
_FROM_OUTSIDE = re.compile(r"'(?:br|ts)[:/]")
# The compiler reports the files that it read, but not the folders that it listed: so this function is refused.
_LISTS_FOLDERS = "loadDirectoryFileInfo"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_compiled: "OrderedDict[str, Compiled]" = OrderedDict()
_turns = threading.BoundedSemaphore(_MOST_AT_ONCE)


@dataclass(frozen=True)
class Compiled:
    """A compiled template; for a .bicepparam file also its parameters, as in an ARM parameters file."""

    template: Mapping[str, Any]
    parameters: Mapping[str, Any]


def compile_files(files: Mapping[str, bytes], entry: str, bicep: str) -> Compiled:
    """Compile a .bicep or .bicepparam file of a package. Results are cached. Raises InvalidRequest with the compiler's
    diagnostics.
    """
    for path, content in files.items():
        text = _decode_file(content)
        if path.endswith(_SOURCES) and _FROM_OUTSIDE.search(text):
            raise InvalidRequest(
                f"{path}: modules from registries and template specs are not fetched: put them in the package"
            )
        if _LISTS_FOLDERS in text:
            raise InvalidRequest(f"{path}: {_LISTS_FOLDERS} is not taken: it lists folders outside of the package, too")
    key = _compute_key(files, entry, bicep)
    if (known := _compiled.get(key)) is not None:
        return known
    with _turns:
        compiled = _compiled.get(key) or _compile_in_folder(files, entry, bicep)
    _compiled[key] = compiled
    if len(_compiled) > _KEPT:
        _compiled.popitem(last=False)
    return compiled


def _compute_key(files: Mapping[str, bytes], entry: str, bicep: str) -> str:
    digest = sha256(f"{bicep}\0{entry}\0".encode())
    for path, content in sorted(files.items()):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _decode_file(content: bytes) -> str:
    """A file's text, decoded as the compiler does: by its byte order mark, else as UTF-8."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(encoding, errors="replace")


def _compile_in_folder(files: Mapping[str, bytes], entry: str, bicep: str) -> Compiled:
    with tempfile.TemporaryDirectory(prefix="bicep-") as name:
        folder = Path(name).resolve()
        for path, content in files.items():
            # The package's own configuration is left out: it could name caches outside of the folder.
            if PurePosixPath(path).name.lower() != _CONFIGURATION:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        (folder / _CONFIGURATION).write_text("{}")  # otherwise the compiler looks for one in the parent folders
        return _run_compiler(folder, entry, bicep)


def _run_compiler(folder: Path, entry: str, bicep: str) -> Compiled:
    path = str(folder / entry)
    method = "bicep/compileParams" if entry.endswith(".bicepparam") else "bicep/compile"
    options = {"path": path, "parameterOverrides": {}} if entry.endswith(".bicepparam") else {"path": path}
    # File references are checked before diagnostics are shown: a diagnostic may quote a file outside of the folder.
    references, answer = _call_compiler(
        bicep, folder, [("bicep/getFileReferences", {"path": path}), (method, options)], entry
    )
    outside = [file for file in references.get("filePaths", ()) if not Path(file).resolve().is_relative_to(folder)]
    if outside:
        raise InvalidRequest(f"{entry}: it refers to a file outside of the package")
    if not answer.get("success"):
        raise InvalidRequest(*_list_diagnostics(answer, folder, entry))
    if method == "bicep/compile":
        return Compiled(json.loads(answer["contents"]), {})
    return Compiled(json.loads(answer["template"]), json.loads(answer["parameters"])["parameters"])


def _list_diagnostics(answer: Mapping[str, Any], folder: Path, entry: str) -> list[str]:
    faults = []
    for diagnostic in answer.get("diagnostics", ()):
        if diagnostic["level"] == "Error":
            source = str(PurePosixPath(diagnostic["source"]).relative_to(folder)) if diagnostic["source"] else entry
            start = diagnostic["range"]["start"]
            faults.append(
                f"{source}({start['line'] + 1},{start['char'] + 1}): {diagnostic['code']}: {diagnostic['message']}"
            )
    return [fault.replace(str(folder), "") for fault in faults[:20]] or [
        f"{entry}: the Bicep compiler gave no template"
    ]


def _call_compiler(
    bicep: str, folder: Path, calls: list[tuple[str, dict[str, Any]]], entry: str
) -> list[dict[str, Any]]:
    """The results of the calls, which are made to one compiler process."""
    environment = {
        "HOME": str(folder),
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "DOTNET_GCHeapHardLimit": hex(MEMORY),
        "DOTNET_BUNDLE_EXTRACT_BASE_DIR": _make_library_folder().name,
        "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    try:
        process = subprocess.Popen(
            [bicep, "jsonrpc", "--stdio"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise NotReady(f"the Bicep CLI that BICEP_PATH names cannot be run: {error}") from error
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        with process:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("a process without pipes")
            try:
                results = [
                    _call_method(process.stdin, process.stdout, number, *call) for number, call in enumerate(calls)
                ]
            finally:
                process.kill()
    except OverflowError as error:
        raise InvalidRequest(f"{entry}: the compiled template is larger than {LARGEST_ANSWER} bytes") from error
    except (BrokenPipeError, EOFError) as error:
        raise InvalidRequest(f"{entry}: the Bicep compiler gave up or took more than {SECONDS} seconds") from error
    finally:
        timer.cancel()
    return results


def _call_method(
    stdin: IO[bytes], stdout: IO[bytes], number: int, method: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    body = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}).encode()
    stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stdin.flush()
    while True:
        length = 0
        while line := stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if not length:
            raise EOFError
        if length > LARGEST_ANSWER:
            raise OverflowError
        content = stdout.read(length)
        if len(content) < length:
            raise EOFError
        message = json.loads(content)
        if message.get("id") == number:
            result: dict[str, Any] = message.get("result") or {}
            return result


@cache
def _make_library_folder() -> "tempfile.TemporaryDirectory[str]":
    """The folder where the compiler unpacks its libraries. Unpacking takes long, so this process keeps the folder."""
    return tempfile.TemporaryDirectory(prefix="bicep-libraries-")
