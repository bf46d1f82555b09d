"""Compilation of the Bicep sources of a package in a private folder. The results are cached by content."""

import codecs
import json
import re
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from driver.errors import InvalidRequest
from driver.faults import suggest_name
from driver.packages import compiler

_KEPT = 64
_MOST_DIAGNOSTICS = 20
_SOURCES = (".bicep", ".bicepparam")
_UNREADABLE = "BCP091"  # of a file that another one names
_CONFIGURATION = "bicepconfig.json"
_FROM_OUTSIDE = re.compile(r"'(?:br|ts)[:/][^'\n]*'?")
# Texts before comments, for // may stand in a text. What is not closed reaches to the end, so that none takes long.
_COMMENT = re.compile(
    r"('''(?:(?!''').)*+(?:'''|\Z)|'(?:[^'\\\n]|\\.)*+'?)|//[^\n]*+|/\*(?:(?!\*/).)*+(?:\*/|\Z)", re.DOTALL
)
# The compiler reports the files that it read, but not the folders that it listed: so this function is refused.
_LISTS_FOLDERS = "loadDirectoryFileInfo"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_compiled: "OrderedDict[str, Compiled]" = OrderedDict()


@dataclass(frozen=True)
class Compiled:
    """A compiled template; for a .bicepparam file also its parameters, as in an ARM parameters file. `warnings` are the
    compiler's, each with file, line and column.
    """

    template: Mapping[str, Any]
    parameters: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def compile_files(files: Mapping[str, bytes], entry: str, bicep: str) -> Compiled:
    """Compile a .bicep or .bicepparam file of a package. Results are cached. Raises InvalidRequest with the compiler's
    diagnostics. The caller limits how many compilers run at once.
    """
    for path, content in files.items():
        text = _decode_file(content)
        if path.endswith(_SOURCES) and (outside := _find_outside(text)):
            line = text.count("\n", 0, outside.start()) + 1
            raise InvalidRequest(
                f"{path} line {line}: {outside[0][:200]}: modules from registries and template specs are not fetched:"
                " put them in the package"
            )
        if _LISTS_FOLDERS in text:
            raise InvalidRequest(f"{path}: {_LISTS_FOLDERS} is not taken: it lists folders outside of the package, too")
    key = _compute_key(files, entry, bicep)
    if (known := _compiled.get(key)) is not None:
        return known
    _compiled[key] = compiled = _compile_in_folder(files, entry, bicep)
    if len(_compiled) > _KEPT:
        _compiled.popitem(last=False)
    return compiled


def _find_outside(text: str) -> re.Match[str] | None:
    """Where a source, apart from its comments, names a registry or a template spec."""
    if not _FROM_OUTSIDE.search(text):
        return None
    return _FROM_OUTSIDE.search(_COMMENT.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), text))


def is_compiled(files: Mapping[str, bytes], entry: str, bicep: str) -> bool:
    """Whether the result is known, so that no compiler has to run."""
    return _compute_key(files, entry, bicep) in _compiled


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
    references, answer = compiler.call_compiler(
        bicep, folder, [("bicep/getFileReferences", {"path": path}), (method, options)], entry
    )
    outside = [file for file in references.get("filePaths", ()) if not Path(file).resolve().is_relative_to(folder)]
    if outside:
        raise InvalidRequest(f"{entry}: it refers to a file outside of the package")
    if not answer.get("success"):
        faults = _list_diagnostics(answer, folder, entry, "Error")
        raise InvalidRequest(*(faults or [f"{entry}: the Bicep compiler gave no template"]))
    warnings = tuple(_list_diagnostics(answer, folder, entry, "Warning"))
    if method == "bicep/compile":
        return Compiled(json.loads(answer["contents"]), {}, warnings)
    return Compiled(json.loads(answer["template"]), json.loads(answer["parameters"])["parameters"], warnings)


def _list_diagnostics(answer: Mapping[str, Any], folder: Path, entry: str, level: str) -> list[str]:
    """The diagnostics of a level, not too many, with paths within the package."""
    faults = []
    for diagnostic in answer.get("diagnostics", ()):
        if diagnostic["level"] == level:
            source = str(PurePosixPath(diagnostic["source"]).relative_to(folder)) if diagnostic["source"] else entry
            start = diagnostic["range"]["start"]
            near = _suggest_file(diagnostic, folder) if diagnostic["code"] == _UNREADABLE else ""
            place = f"{source}({start['line'] + 1},{start['char'] + 1})"
            message = diagnostic["message"].rstrip(".") if near else diagnostic["message"]
            faults.append(f"{place}: {diagnostic['code']}: {message}{near}")
    return [fault.replace(f"{folder}/", "").replace(str(folder), "") for fault in faults[:_MOST_DIAGNOSTICS]]


def _suggest_file(diagnostic: Mapping[str, Any], folder: Path) -> str:
    """The file of the package that looks most like the one that cannot be read."""
    named = re.search(rf"'{re.escape(str(folder))}/([^'\n]+)'", diagnostic["message"])
    if named is None:
        return ""
    files = (one for one in folder.rglob(f"*{PurePosixPath(named[1]).suffix}") if one.is_file())
    return suggest_name(named[1], [one.relative_to(folder).as_posix() for one in files])
