"""Where something is declared in the source of a template, Bicep or ARM JSON, for messages to its author."""

import re
from dataclasses import dataclass, field

_SECTIONS = {"param": "parameters", "output": "outputs"}  # in ARM JSON, by the word of Bicep


@dataclass(frozen=True)
class Source:
    """A template's file. `text` is empty if it is not known."""

    file: str
    text: str = field(default="", repr=False)

    def find_place(self, kind: str, name: str = "") -> str:
        """`main.bicep line 3, output id` of a declaration: `param`, `output` and a name, or `targetScope`. Without the
        line where it is not found.
        """
        line = self._find_line(kind, name)
        return f"{self.file}{f' line {line}' if line else ''}, {f'{kind} {name}'.strip()}"

    def _find_line(self, kind: str, name: str) -> int:
        start = 0
        if self.file.endswith(".json"):
            if name:
                section = re.search(rf"\b{_SECTIONS[kind]}[\"']?\s*:\s*\{{", self.text)
                start = section.end() if section else len(self.text)
            pattern = rf"[\s{{,\"']{re.escape(name or '$schema')}[\"']?\s*:"
        else:
            end = r"\b" if name else ""
            pattern = rf"^[ \t]*{kind}\b[ \t]*{re.escape(name)}{end}"
        found = re.compile(pattern, re.MULTILINE).search(self.text, start)
        return self.text.count("\n", 0, found.start()) + 1 if found else 0
