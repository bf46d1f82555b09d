"""The model of ARM and the embedded Azure, asked the same and compared."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from emulators.azure import agenda
from emulators.azure import arm as embedded
from emulators.azure.faults.scripts import Fault
from emulators.azure.identity import entra
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world import clock
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.settings import Settings
from tests.properties.arm import HOST, Answer, Arm
from tests.properties.views import VERSION
from tests.properties.world import World

PROVISIONING = 60.0
_ABSENCES = ("ResourceGroupNotFound", "ResourceNotFound", "NotFound", "RoleAssignmentNotFound")
TENANT = "99999999-8888-7777-6666-555555555555"


@dataclass
class Pair:
    """The model and the embedded Azure, at the same time. `polls` are the URLs to poll in both."""

    cloud: Cloud = field(
        default_factory=lambda: Cloud(Settings(provisioning_seconds=PROVISIONING, token_seconds=10**9))
    )
    model: Arm = field(default_factory=lambda: Arm(World(clock.now(), PROVISIONING)))
    polls: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, version: str = VERSION, query: str = "") -> None:
        """Send one call to both and compare their answers."""
        self.advance(0.01)  # the embedded Azure numbers deployments by their time
        url = f"{path}?api-version={version}{query}"
        self._compare(f"{method} {url}", self._ask_model(method, url, body), self._ask_embedded(method, url, body))

    def poll(self) -> None:
        """Poll every operation in both."""
        for ours, theirs in self.polls:
            model, real = self._ask_model("GET", ours, None), self._ask_embedded("GET", theirs, None)
            self._compare(f"GET {ours} / {theirs}", model, real)

    def advance(self, seconds: float) -> None:
        """Let time go on in both."""
        if seconds > 1:
            self.said.append(f"{seconds:g} seconds later")
        agenda.put_forward(self.cloud, seconds)
        self.model.world.advance(seconds)

    def fail(self, thing_id: str, is_made: bool) -> None:
        """Let a deployment fail to provision a resource."""
        fault = {"kind": "fail", "path": f"{thing_id}$", "code": "ProvisioningFailed", "carryOut": is_made}
        self.cloud.faults.add(Fault.model_validate(fault))
        self.model.world.failing.setdefault(thing_id.lower(), is_made)

    def set_list_lag(self, seconds: float) -> None:
        self.cloud.settings = self.cloud.settings.change({"listLagSeconds": seconds})
        self.model.world.list_lag = seconds

    def _compare(self, call: str, model: Answer, real: Response) -> None:
        self.said.append(f"{call} -> {real.status}")
        begins = not call.startswith("GET")
        ours = _read(model.status, model.body, model.headers if begins else {})
        theirs = _read(real.status, real.body, real.headers if begins else {})
        story = "\n".join(self.said)
        assert ours == theirs, (
            f"the model differs from the embedded Azure after\n{story}\nembedded: {json.dumps(real.body)[:1500]}"
        )
        for name in ("azure-asyncoperation", "location"):
            if name in real.headers and real.status in (200, 201, 202) and begins:
                self.polls.append((_lower(model.headers)[name], real.headers[name]))

    def _ask_model(self, method: str, url: str, body: Any) -> Answer:
        whole = url if url.startswith("https://") else HOST + url
        headers = {"x-ms-correlation-request-id": "c-1"}
        return self.model.answer(method, whole, headers, None if body is None else json.dumps(body))

    def _ask_embedded(self, method: str, url: str, body: Any) -> Response:
        parts = urlsplit(url)
        headers = {"authorization": f"Bearer {self._sign_in()}", "x-ms-correlation-request-id": "c-1"}
        content = b"" if body is None else json.dumps(body).encode()
        agenda.advance(self.cloud)
        return embedded.handle(
            self.cloud, Request(method, parts.path, parts.query.replace("%20", " "), headers, content)
        )

    def _sign_in(self) -> str:
        if not self.token:
            form = b"grant_type=client_credentials&client_id=tests&client_secret=s&scope=https://management.azure.com/.default"
            answer = entra.handle(self.cloud, Request("POST", f"/{TENANT}/oauth2/v2.0/token", "", {}, form))
            self.token = answer.body["access_token"]
        return self.token


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(status: int, body: Any, headers: dict[str, str]) -> Any:
    """What is essential in an answer."""
    known = _lower(headers)
    ways = sorted({"azure-asyncoperation", "location"} & known.keys()) if status in (201, 202) else []
    content = body if isinstance(body, dict) else {}
    if "error" in content and status >= 400:
        code, message = content["error"]["code"], content["error"]["message"].lower()
        return status, code, message.partition(" for more")[0] if code in _ABSENCES else ""
    properties = content.get("properties") or {}
    essential: dict[str, Any] = {
        "id": str(content.get("id", "")).lower(),
        "status": content.get("status"),
        "state": properties.get("provisioningState"),
        "correlation": properties.get("correlationId"),
        "outputs": sorted(one["id"].lower() for one in properties.get("outputResources", ())),
        "validated": sorted(one["id"].lower() for one in properties.get("validatedResources", ())),
        "error": (content.get("error") or properties.get("error") or {}).get("code"),
        "values": sorted(map(str, map(_read_value, content.get("value", ())))),
        "created": "systemData" in content,
        "tags": content.get("tags"),
        "changed": str(properties.get("timestamp"))[:19] if "validatedResources" not in properties else None,
    }
    if essential["state"] == "Updating":
        essential["state"] = "Succeeded"  # a PUT of a parent shows its children as Updating
    if content.get("type", "").lower().startswith(("contoso.", "microsoft.authorization")):
        essential["state"] = None
    return status, ways, essential


def _read_value(entry: dict[str, Any]) -> Any:
    """An entry of a list: an operation of a deployment, or a resource."""
    properties = entry.get("properties")
    if properties is None:
        return entry["id"].lower(), "createdTime" in entry
    target = properties.get("targetResource", {}).get("id", "").lower()
    return properties["provisioningOperation"], properties["provisioningState"], target
