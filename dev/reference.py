"""`make reference`: the parts of docs/ that are generated: from the driver its settings, metrics, failure codes,
resource types, the keys of lifecycle.yaml and their JSON schema, the OpenAPI document; from the embedded Azure what it
models, refuses and approximates; and the diagrams in docs/images.

A page marks such a part by `<!-- generated: name -->` and `<!-- end -->`; what is outside is written by hand.
`python -m dev.reference` fills them; with `--check` it writes nothing and fails if anything would change.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dev import differences
from dev.diagrams import DIAGRAMS, REQUEST
from dev.drawing import draw
from driver import openapi
from driver.azure.verdicts import UNTIL_TIMEOUT, VERDICTS, Verdict
from driver.metrics import INSTRUMENTS, find_prometheus_label, find_prometheus_name
from driver.packages.catalogue import list_built_in_names, load_built_in
from driver.packages.manifests import UPDATES, Manifest, build_schema
from driver.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
_PART = re.compile(r"(?P<begin><!-- generated: (?P<name>[-\w]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)
_SCHEMA = Manifest.model_json_schema()


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m dev.reference", description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; fail if anything would change")
    check = arguments.parse_args().check
    stale = {path: text for path, text in generated() if not path.is_file() or path.read_text("utf-8") != text}
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)}{' is not what `make reference` writes' if check else ''}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


def generated() -> Iterator[tuple[Path, str]]:
    """Every page with generated parts, the schema, the API's document, the diagrams: the file and what it must hold."""
    yield DOCS / "lifecycle.schema.json", json.dumps(build_schema(), indent=2) + "\n"
    yield DOCS / "openapi.json", json.dumps(openapi.build_document(), indent=2) + "\n"
    for diagram in DIAGRAMS:
        yield DOCS / "images" / f"{diagram.name}.svg", draw(diagram)
    for scheme in ("light", "dark"):  # for the README, in which the reader of GitHub chooses
        yield DOCS / "images" / f"{REQUEST.name}-{scheme}.svg", draw(REQUEST, scheme)
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if _PART.search(text):
            yield page, _PART.sub(_filled, text)


def _filled(part: re.Match[str]) -> str:
    return f"{part['begin']}\n{_joined(_PARTS[part['name']]())}\n{part['end']}"


def _settings() -> Iterator[str]:
    yield from ("| Variable | Default | Meaning |", "|---|---|---|")
    for field in fields(Settings):
        default = f"`{field.default}`" if field.default not in ("", (), False) else ""
        for name, text in field.metadata.items():
            yield f"| `{name}` | {default} | {text} |"


def _metrics() -> Iterator[str]:
    yield from ("| OpenTelemetry | Prometheus | Kind | Unit | Labels | Meaning |", "|---|---|---|---|---|---|")
    for one in INSTRUMENTS:
        labels = ", ".join(f"`{label}` (`{find_prometheus_label(label)}`)" for label in one.labels)
        name = f"`{one.name}` | `{find_prometheus_name(one)}`"
        yield f"| {name} | {one.kind} | `{one.unit}` | {labels} | {one.description} |"


def _refusals() -> Iterator[str]:
    yield from ("| Azure's code | Failure code | Tried again |", "|---|---|---|")
    for code, verdict in sorted(VERDICTS.items()):
        yield f"| `{code}` | `{verdict.code.value}` | {_tries(verdict)} |"


def _tries(verdict: Verdict) -> str:
    if verdict.tries == 0:
        return "no"
    if verdict.tries >= UNTIL_TIMEOUT:
        often = verdict.restarts < UNTIL_TIMEOUT
        return "until the transition's timeout" + (f"; a deployment at most {verdict.restarts} times" if often else "")
    more = f"; a deployment at most {verdict.restarts} times" if verdict.restarts > verdict.tries else ""
    return f"at most {verdict.tries} times, {verdict.wait:g} s apart or more{more}"


def _keys(described: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| Key | Type | Required | Meaning |", "|---|---|---|---|")
    required = described.get("required", ())
    for name, key in described["properties"].items():
        yield f"| `{name}` | {_type(key)} | {'yes' if name in required else ''} | {key.get('description', '')} |"


def _type(key: Mapping[str, Any]) -> str:
    variants = [one for one in (*key.get("anyOf", ()), *key.get("oneOf", ())) if one.get("type") != "null"]
    if variants:
        return " or ".join(map(_type, variants))
    if "const" in key:
        return f"`{key['const']}`"
    if "$ref" in key:
        return str(key["$ref"]).rsplit("/", 1)[1]
    if key.get("type") == "array":
        return f"list of {_type(key['items'])}"
    if key.get("type") == "object" and isinstance(key.get("additionalProperties"), dict):
        return f"map of {_type(key['additionalProperties'])}"
    return str(key.get("type", "any"))


def _transitions() -> Iterator[str]:
    """What each transition does in each built-in type."""
    columns = ("Create", "Start", "Stop", "Integrity", "Reconfigure", "Upgrade", "Adopt", "Delete")
    yield from (f"| Type | {' | '.join(columns)} | Operations |", "|---" * (len(columns) + 2) + "|")
    for name in list_built_in_names():
        described = load_built_in(name).manifest
        operations = [f"`{one}`" for one in described.transitions if one not in columns]
        cells = [_deed(described, column) for column in columns]
        yield f"| [{name}](#{name.lower()}) | {' | '.join(cells)} | {', '.join(operations)} |"


def _deed(described: Manifest, name: str) -> str:
    """What a transition does in a built-in type, in a few words."""
    if name == "Adopt":
        kind = described.reference.type.rsplit("/", 1)[1] if described.reference else "resource"
        return f"takes over: `{kind}`, deployment"
    if name == "Integrity":
        return "looks whether all is there" + (" and runs" if "Stop" in described.transitions else "")
    if name in UPDATES and "Reconfigure" not in described.transitions:
        return "not declared"  # nothing can be changed in place
    transition = described.find_transition(name)
    if transition is None:
        return "nothing"
    if transition.remove:
        return "deletes all"
    deeds = [f"`{transition.call}`"] if transition.call else []
    if transition.deploy:
        deeds.insert(0, "deploys what is missing" if transition.if_missing else "deploys")
    if transition.changes:
        deeds.append(f"changes {len(transition.changes)} properties")
    return ", ".join([*deeds, "prunes"] if transition.prune else deeds)


def _resource_types() -> Iterator[str]:
    """The READMEs of the built-in packages, one level down."""
    for readme in sorted((ROOT / "infra" / "resources").glob("*/README.md")):
        lines = readme.read_text(encoding="utf-8").splitlines()
        yield from (f"#{line}" if line.startswith("#") else line for line in lines if not line.startswith("<!--"))
        yield ""


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


_PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "settings": _settings,
    "metrics": _metrics,
    "refusals": _refusals,
    "manifest": lambda: _keys(_SCHEMA),
    "transition": lambda: _keys(_SCHEMA["$defs"]["Transition"]),
    "condition": lambda: _keys(_SCHEMA["$defs"]["Condition"]),
    "owned-resource": lambda: _keys(_SCHEMA["$defs"]["OwnedResource"]),
    "adopt-options": lambda: _keys(_SCHEMA["$defs"]["AdoptOptions"]),
    "soft-delete": lambda: _keys(_SCHEMA["$defs"]["SoftDelete"]),
    "reference": lambda: _keys(_SCHEMA["$defs"]["Reference"]),
    "resource-types": _resource_types,
    "transitions": _transitions,
    **differences.PARTS,
}


if __name__ == "__main__":
    sys.exit(main())
