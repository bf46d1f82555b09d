"""The generated parts of docs/what-differs.md: what the embedded Azure models, refuses and approximates."""

from collections.abc import Callable, Iterator

from pydantic.alias_generators import to_camel

from emulators.azure.differences import APPROXIMATED, REFUSED
from emulators.azure.faults.scripts import KEYS, KINDS, Fault
from emulators.azure.providers import KNOWN, ROWS
from emulators.azure.providers.actions import GENERAL
from emulators.azure.providers.soft_deletion import SERVICES
from emulators.azure.world.settings import Settings


def _types() -> Iterator[str]:
    yield from ("| Type | api-versions | Long-running | Actions |", "|---|---|---|---|")
    for row in sorted(KNOWN.values(), key=lambda one: one.name.lower()):
        versions = f"from {row.versions[0]}"
        polled = [name for name, form in (("create", row.create), ("delete", row.delete)) if form.polling]
        actions = ", ".join(action.name for action in row.actions)
        yield f"| `{row.name}` | {versions} | {', '.join(polled)} | {actions} |"


def _actions() -> Iterator[str]:
    yield from (f"- `{name}`" for name in sorted(GENERAL))


def _computed() -> Iterator[str]:
    yield from ("| Type | Properties |", "|---|---|")
    for row in sorted(ROWS.values(), key=lambda one: one.name.lower()):
        names = [f"`{field.name}`" for field in row.fields if field.text is not None]
        if names and not row.modelled:
            yield f"| `{row.name}` | {', '.join(names)} |"


def _soft_deleted() -> Iterator[str]:
    yield from ("| Type | A held name | Recover | Kept for |", "|---|---|---|---|")
    for service in SERVICES:
        key, value = service.recover
        shown = str(value).lower() if isinstance(value, bool) else value
        yield f"| `{service.type}` | 409 `{service.code}` | `{key}: {shown}` | {service.days} days |"


def _faults() -> Iterator[str]:
    yield from ("| Kind | What becomes of the call | Keys of its own |", "|---|---|---|")
    common = set.intersection(*map(set, KEYS.values())) | {"host", "query"}
    for kind, text in KINDS.items():
        own = ", ".join(f"`{key}`" for key in KEYS[kind] if key not in common)
        yield f"| `{kind}` | {text} | {own} |"
    yield from ("", "| Key of every kind | Meaning |", "|---|---|")
    for name in ("host", "method", "path", "query", "after", "nth", "times", "for_seconds", "rate", "seed"):
        field = Fault.model_fields[name]
        default = f" (default `{field.default}`)" if field.default not in (None, "") else ""
        yield f"| `{to_camel(name)}` | {field.description or ''}{default} |"


def _settings() -> Iterator[str]:
    yield from ("| Setting | Meaning |", "|---|---|")
    for name, field in Settings.model_fields.items():
        yield f"| `{to_camel(name)}` | {field.description} |"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "azure-types": _types,
    "azure-actions": _actions,
    "azure-computed": _computed,
    "azure-soft-deleted": _soft_deleted,
    "azure-faults": _faults,
    "azure-settings": _settings,
    "azure-refused": lambda: (f"- {one.what}" for one in REFUSED),
    "azure-approximated": lambda: (f"- {text}" for text in APPROXIMATED),
}
