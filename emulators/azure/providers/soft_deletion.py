"""Which services keep what was deleted for a while: under which names, by which words, and what holds the name back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DAY = 86400.0


@dataclass(frozen=True)
class SoftDeletion:
    """One service. `deleted` is the type under `locations/{location}/`; `listed` the one that lists a subscription's.

    `code`, `status` and `message` refuse a PUT of a name that is held back. `in_group`: the id of a deleted one names
    its group. `purge_by_delete`: a purge is a DELETE, else POST `purge`. `name_held_seconds`: how long after a purge
    the name is still taken. `not_found` is the code of one that is not there.
    """

    type: str
    listed: str
    deleted: str
    code: str
    message: str
    recover: tuple[str, str | bool]
    days: int
    days_key: str = "softDeleteRetentionInDays"
    in_group: bool = False
    purge_by_delete: bool = False
    name_held_seconds: float = 0.0
    not_found: str = "DeletedResourceNotFound"
    purge_refusal: tuple[int, str, str] = (409, "Conflict", "Purge protection is enabled for '{name}'.")

    def retention(self, properties: Mapping[str, Any]) -> float:
        """How long one is kept, in seconds."""
        return float(properties.get(self.days_key) or self.days) * DAY

    def recovers(self, properties: Mapping[str, Any]) -> bool:
        """Whether a PUT asks for the deleted one."""
        key, value = self.recover
        return str(properties.get(key, "")).lower() == str(value).lower()


def _read_services() -> tuple[SoftDeletion, ...]:
    entries: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    for entry in entries:
        entry |= {key: tuple(part) for key, part in entry.items() if isinstance(part, list)}
    return tuple(SoftDeletion(**entry) for entry in entries)


SERVICES = _read_services()
BY_TYPE: Mapping[str, SoftDeletion] = {service.type.lower(): service for service in SERVICES}


def is_kept(service: SoftDeletion, top: Mapping[str, Any]) -> bool:
    """Whether one of this sku is kept when it is deleted: a free configuration store is not."""
    sku = str((top.get("sku") or {}).get("name", "")).lower()
    return not (service.type.endswith("configurationStores") and sku in ("free", "developer"))
