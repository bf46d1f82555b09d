"""What has to be there before a recorded call is made again: groups, parents, the resource, what it refers to."""

import json
import re
import uuid
from typing import Any

import requests

from tests.azure.emulator import Emulator
from tests.azure.recordings import RECORDED_SUBSCRIPTION, Interaction
from tests.azure.scenes import AT_ONCE, BEFORE, BODIES, TEMPLATES

LONG = 600.0
_READ_ONLY = {"id", "name", "type", "etag", "systemData", "managedBy"}
_TERMINAL = {"Succeeded", "Failed", "Canceled"}
_VERSIONS = {
    "microsoft.network": "2022-01-01",
    "microsoft.compute": "2022-11-01",
    "microsoft.compute/disks": "2021-04-01",
    "microsoft.storage": "2021-04-01",
    "microsoft.managedidentity": "2018-11-30",
    "microsoft.authorization": "2022-04-01",
}
_MINIMAL: dict[str, dict[str, Any]] = {
    "microsoft.network/virtualnetworks": {"addressSpace": {"addressPrefixes": ["10.0.0.0/8", "192.168.0.0/16"]}},
    "microsoft.network/virtualnetworks/subnets": {"addressPrefix": "10.255.0.0/24"},
}


class Stage:
    """The emulator, and a subscription of its own, for one recorded sequence."""

    def __init__(self, emulator: Emulator, sequence: list[Interaction]) -> None:
        self.emulator = emulator
        self._subscription = str(uuid.uuid4())
        self._bodies: dict[str, dict[str, Any]] = {}
        self._subnets = 0
        for interaction in sequence:
            self._index(interaction.answer)
        for path, body in BEFORE.get(sequence[0].file, []):
            self._ensure_above(path)
            self.call("PUT", f"{path}?api-version={_VERSIONS[_namespace(path)]}", body)
            emulator.advance(LONG)

    def call(self, method: str, target: str, body: Any = None) -> requests.Response:
        target = target.replace(RECORDED_SUBSCRIPTION, self._subscription)
        return self.emulator.call(method, target, self._moved(body))

    def _moved(self, body: Any) -> Any:
        if isinstance(body, str):
            return body.replace(RECORDED_SUBSCRIPTION, self._subscription)
        if isinstance(body, dict):
            return {key: self._moved(value) for key, value in body.items()}
        if isinstance(body, list):
            return [self._moved(value) for value in body]
        return body

    def _index(self, value: Any) -> None:
        """Keep every recorded resource body by its id."""
        if isinstance(value, dict):
            if isinstance(value.get("id"), str) and ("properties" in value or "sku" in value):
                self._bodies.setdefault(value["id"].lower(), value)
            for part in value.values():
                self._index(part)
        elif isinstance(value, list):
            for part in value:
                self._index(part)

    def body(self, interaction: Interaction) -> Any:
        body = BODIES.get(interaction.key, interaction.body)
        begins = _is_deployment(interaction.path) and interaction.method in ("PUT", "POST")
        if begins and not _has_template(body) and interaction.file in TEMPLATES:
            return {"properties": {"mode": "Incremental", "template": TEMPLATES[interaction.file]}}
        if interaction.method != "PUT" or isinstance(body, dict):
            return body
        if isinstance(body, str) and "{" in body:
            return body.removeprefix("b'").removesuffix("'")
        return writable(interaction.answer) if interaction.status < 300 else body

    def prepare(self, interaction: Interaction) -> None:
        running = (
            interaction.key in AT_ONCE
            or interaction.status in (400, 409, 429)
            or interaction.method == "POST"
            or still_running(interaction)
        )
        if not running or (interaction.status == 400 and interaction.method != "DELETE"):
            self.emulator.advance(LONG)
        elif still_running(interaction) and _state(interaction.answer) == "Running":
            self.emulator.advance(4)
        segments = interaction.path.split("/")
        if "/microsoft.resources/deployments" in interaction.path.lower() and len(segments) < 8:
            self._prepare_deployment(interaction)
        if len(segments) < 5 or segments[3].lower() != "resourcegroups":
            return
        group = "/".join(segments[:5])
        if len(segments) == 5:
            self._prepare_group(interaction, group)
            return
        if interaction.code == "ResourceGroupNotFound":
            return
        if interaction.code == "MissingSubscriptionRegistration":
            namespace = interaction.answer["error"]["details"][0]["target"]
            self.call(
                "POST",
                f"/subscriptions/{RECORDED_SUBSCRIPTION}/providers/{namespace}/unregister?api-version=2022-09-01",
            )
        self._ensure_group(group)
        self._prepare_resource(interaction)

    def _prepare_group(self, interaction: Interaction, group: str) -> None:
        there = interaction.status in (200, 202, 204)
        if (interaction.method == "PUT" and interaction.status == 201) or interaction.status == 404:
            self._absent(group, "2021-04-01")
        elif there or interaction.status == 409:
            self._ensure_group(group)
        if interaction.code == "ScopeLocked":
            lock = f"{group}/providers/Microsoft.Authorization/locks/held?api-version=2016-09-01"
            self.call("PUT", lock, {"properties": {"level": "CanNotDelete"}})

    def _ensure_group(self, group: str) -> None:
        if self.call("HEAD", f"{group}?api-version=2021-04-01").status_code == 404:
            known = self._bodies.get(group.lower(), {})
            body = {"location": known.get("location", "westus")} | {
                key: known[key] for key in ("tags", "managedBy") if key in known
            }
            self.call("PUT", f"{group}?api-version=2021-04-01", body)

    def _prepare_resource(self, interaction: Interaction) -> None:
        path, method, status = interaction.path, interaction.method, interaction.status
        if "/microsoft.resources/deployments" in path.lower() or re.search(r"/deployments/[^/]+/operations", path):
            self._prepare_deployment(interaction)
            return
        pairs = path.split("/providers/")[-1].split("/")[1:]
        if len(pairs) % 2:
            self._prepare_list(interaction)
            return
        if status >= 400 and status != 404:
            self._prepare_refusal(interaction)
        elif status in (204, 404):
            if status == 204:
                self._ensure_above(path)
            self._absent(path, interaction.api_version)
        elif method == "PUT":
            self._prepare_put(interaction)
        else:
            self._ensure(path, interaction.api_version)

    def _prepare_put(self, interaction: Interaction) -> None:
        path, version = interaction.path, interaction.api_version
        if interaction.status == 200:
            changed = _state(interaction.answer) != "Succeeded"
            self._ensure(path, version, changed=changed, sent=interaction.body)
        else:
            self._ensure_above(path)
            self._absent(path, version)
        self._references(interaction.body, path)

    def _prepare_refusal(self, interaction: Interaction) -> None:
        path, code = interaction.path, interaction.code
        if code not in ("AnotherOperationInProgress", "RetryableError") and interaction.status != 400:
            return
        self._ensure_above(path)
        if code != "InvalidResourceReference":
            self._references(interaction.body, path)
        if code == "AnotherOperationInProgress":
            other = f"{path.rsplit('/', 1)[0]}/busy?api-version={interaction.api_version}"
            self.call("PUT", other, {"properties": {"addressPrefix": "10.0.200.0/24"}})
        elif code == "RetryableError":
            for target in re.findall(r"resource (/\S+?)(?: used by|\. The call)", str(interaction.answer)):
                self._touch(target)

    def _touch(self, path: str) -> None:
        """Begin a change of a resource and leave it running."""
        self._ensure(path)
        version = _VERSIONS.get(_namespace(path), "2021-04-01")
        body = self.call("GET", f"{path}?api-version={version}").json()
        self.emulator.call("PUT", f"{body['id']}?api-version={version}", _different(writable(body)))

    def _prepare_deployment(self, interaction: Interaction) -> None:
        """The groups that its nested deployments go to; for a PUT answered 200 an earlier deployment of the name."""
        text = json.dumps(interaction.answer)
        made = set(re.findall(r'"id": "(/subscriptions/[^/"]+/resourceGroups/[^/"]+)"', text))
        if interaction.status < 300:
            for group in set(re.findall(r"/subscriptions/[^/\"]+/resourceGroups/[^/\"]+", text)) - made:
                self._ensure_group(group)
        if interaction.method == "PUT" and interaction.status == 200:
            self.call("PUT", interaction.target, self.body(interaction))
            self.emulator.advance(LONG)
        elif interaction.method == "PUT" and interaction.status == 201:
            self._absent(interaction.path, interaction.api_version)
        elif interaction.status < 300 and interaction.file in TEMPLATES:
            self._ensure_deployment(interaction)

    def _ensure_deployment(self, interaction: Interaction) -> None:
        """The deployment that a call is about, where the recording does not show how it was made."""
        found = re.search(r"(.*?)(/providers/Microsoft.Resources)?/deployments/([^/]+)", interaction.path)
        if found is None or interaction.path.endswith("/validate"):
            return
        target = f"{found[1]}/providers/Microsoft.Resources/deployments/{found[3]}?api-version=2021-04-01"
        if self.call("HEAD", target).status_code == 404:
            body = {"properties": {"mode": "Incremental", "template": TEMPLATES[interaction.file]}}
            self.call("PUT", target, body)
            if not interaction.path.endswith("/cancel"):
                self.emulator.advance(LONG)

    def _prepare_list(self, interaction: Interaction) -> None:
        if interaction.method == "GET" and isinstance(interaction.answer, dict):
            for item in interaction.answer.get("value", []):
                if isinstance(item, dict) and "id" in item:
                    self._ensure(item["id"], interaction.api_version if "/providers/" in interaction.path else "")
        elif interaction.method == "POST" and interaction.status < 300:
            self._ensure(interaction.path.rsplit("/", 1)[0], interaction.api_version)

    def _ensure(self, path: str, version: str = "", changed: bool = False, sent: Any = None) -> None:
        """Make a resource, and what it refers to, unless it is there."""
        version = version or _VERSIONS.get(_type(path)) or _VERSIONS.get(_namespace(path), "2021-04-01")
        if self.call("GET", f"{path}?api-version={version}").status_code == 200:
            return
        self._ensure_above(path)
        known = self._bodies.get(path.lower())
        kind = _type(path)
        body = writable(known) if known else {"location": "westus", "properties": _MINIMAL.get(kind, {})}
        if not changed and isinstance(sent, dict):
            body = sent
        if changed:
            body = _different(body)
        if kind.endswith("/subnets"):
            body = self._subnet(body)
        for _ in range(12):
            answer = self.call("PUT", f"{path}?api-version={version}", body)
            self.emulator.advance(LONG)
            missing = re.search(r"Resource (/\S+) (?:referenced by|not found)", answer.text)
            if missing is None:
                return
            self._ensure(missing[1].replace(self._subscription, RECORDED_SUBSCRIPTION))

    def _subnet(self, body: dict[str, Any]) -> dict[str, Any]:
        self._subnets += 1
        return (
            body if "addressPrefix" in str(body) else {"properties": {"addressPrefix": f"10.255.{self._subnets}.0/24"}}
        )

    def _ensure_above(self, path: str) -> None:
        """The group, the parents and, of an extension resource, what it extends."""
        self._ensure_group("/".join(path.split("/")[:5]))
        scope, _, rest = path.rpartition("/providers/")
        parts = rest.split("/")
        if len(parts) > 3:
            self._ensure("/".join(path.split("/")[:-2]))
        elif "/providers/" in scope:
            self._ensure(scope)

    def _references(self, body: Any, own: str) -> None:
        """What the body of a request names in its ids."""
        if isinstance(body, dict):
            for key, value in body.items():
                if key == "id" and isinstance(value, str) and value.count("/providers/") == 1:
                    self._ensure_part(value, own)
                else:
                    self._references(value, own)
        elif isinstance(body, list):
            for value in body:
                self._references(value, own)

    def _ensure_part(self, target: str, own: str) -> None:
        """A resource, or the resource that has the part named."""
        segments = target.split("/")
        parts = len(segments) == 11 and segments[9].lower() not in ("subnets", "disks")
        whole = "/".join(segments[:9]) if parts else target
        if len(segments) in (9, 11) and not own.lower().startswith(whole.lower()):
            self._ensure(whole)

    def _absent(self, path: str, version: str) -> None:
        answer = self.call("DELETE", f"{path}?api-version={version}")
        if answer.status_code in (200, 202):
            self.emulator.advance(LONG)


def _has_template(body: Any) -> bool:
    if isinstance(body, dict):
        return "template" in ((body.get("properties") or body.get("Properties")) or {})
    return isinstance(body, str) and "template" in body


def _is_deployment(path: str) -> bool:
    return re.search(r"/microsoft.resources/deployments/[^/]+(/validate)?$", path, re.IGNORECASE) is not None


def writable(body: Any) -> dict[str, Any]:
    """A recorded answer as a request: without what the service adds."""
    if not isinstance(body, dict):
        return {}
    kept = {key: value for key, value in body.items() if key not in _READ_ONLY}
    if isinstance(kept.get("properties"), dict):
        kept["properties"] = {key: value for key, value in kept["properties"].items() if key != "provisioningState"}
    return kept


def _different(body: dict[str, Any]) -> dict[str, Any]:
    """The same resource before the change that the recorded PUT makes."""
    kind = str(body)
    properties = dict(body.get("properties") or {})
    if "addressPrefixes" in kind and "addressSpace" in properties:
        properties["dhcpOptions"] = {"dnsServers": ["10.9.8.7"]}
    elif "priority" in properties:
        properties["description"] = "seeded"
    elif "publicIPAllocationMethod" in properties or "publicIpAddresses" in properties:
        properties["idleTimeoutInMinutes"] = 9
    elif "frontendIPConfigurations" in properties:
        properties["probes"] = [{"name": "seeded", "properties": {"port": 80}}]
    return body | {"tags": {"seeded": "yes"}, "properties": properties}


def _state(answer: Any) -> str:
    if not isinstance(answer, dict):
        return ""
    properties = answer.get("properties")
    return str(properties.get("provisioningState", "")) if isinstance(properties, dict) else ""


def still_running(interaction: Interaction) -> bool:
    """Whether the recorded answer shows an operation that has not ended."""
    if interaction.method != "GET":
        return False
    answer = interaction.answer
    if isinstance(answer, dict) and "status" in answer:
        return answer["status"] not in _TERMINAL
    if _state(answer):
        return _state(answer) not in _TERMINAL
    return interaction.status == 202


def _namespace(path: str) -> str:
    return path.rpartition("/providers/")[2].split("/")[0].lower()


def _type(path: str) -> str:
    parts = path.rpartition("/providers/")[2].split("/")
    return "/".join([parts[0], *parts[1::2]]).lower()
