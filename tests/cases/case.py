"""A case: what is in Azure, what goes wrong, what the resource manager asks for, and the right outcome. Files of this
form are in `ownership/`, `removal/`, `lag/` and `codes/`.
"""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

FOLDER = Path(__file__).parent
_SCHEMA = "https://schema.management.azure.com/schemas/{}#"
SCHEMAS = {
    "resourceGroup": _SCHEMA.format("2019-04-01/deploymentTemplate.json"),
    "subscription": _SCHEMA.format("2018-05-01/subscriptionDeploymentTemplate.json"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Existing(_Strict):
    """Something in Azure that is none of the driver's. An id that does not begin with /subscriptions/ lies in the
    subscription of the deployment location.
    """

    id: str
    api_version: str = "2024-05-01"
    body: dict[str, Any] = {"location": "northeurope", "properties": {}}


class Expectation(_Strict):
    """The right outcome of a transition; in any case the execution must say the same as the event.

    `owns` are the ids of all entries of the topology but deployments' records; `said` is a regular expression found in
    the execution while it runs.
    """

    status: Literal["COMPLETE", "FAILED"] | None = "COMPLETE"
    failure_code: str | None = None
    description: str = Field(default="", description="regular expression found in the failure's description")
    owns: list[str] | None = None
    owns_not: list[str] = []
    not_owned: list[str] = []
    not_owned_not: list[str] = Field(default=[], description="ids that notOwned must not have")
    records_at_most: int | None = None
    outputs: dict[str, Any] = {}
    said: str = ""


class Transition(_Strict):
    """A request of the resource manager. `begin` only sends it, `finish` waits for one that was begun."""

    transition: str
    resource: str = "play"
    type: str = "resource::Play::1.0"
    properties: dict[str, Any] | None = None
    topology: dict[str, Any] | None = Field(default=None, description="in place of what the events have told")
    copies: int = Field(default=1, description="resources that are sent at once; the property `copy` is 0, 1 ...")
    every: int = Field(default=1, description="of many copies only each so manieth")
    tenant: str = Field(default="trial", description="header tenantId; the event must carry the same")
    expect: Expectation = Expectation()


class Call(_Strict):
    """A call to ARM by somebody else, which must succeed."""

    method: str
    id: str
    api_version: str = "2024-05-01"
    body: dict[str, Any] | None = None


class Calls(_Strict):
    """How often the driver may, or must, have made a call since the last transition began."""

    method: str
    path: str
    host: Literal["arm", "entra"] = "arm"
    status: int | None = None
    least: int = 0
    most: int = 1_000_000
    within: float | None = Field(default=None, description="seconds in which the `least` calls must have come")


class Step(_Strict):
    """One of these."""

    run: Transition | None = None
    begin: Transition | None = None
    finish: Transition | None = None
    azure: Call | None = None
    make: Existing | None = None
    faults: list[dict[str, Any]] | None = None
    settings: dict[str, Any] | None = None
    wait: Calls | None = Field(default=None, description="until the driver has made the `least` of these calls")
    finds: int | None = Field(default=None, description="so many references/find are sent and not waited for")
    health: float | None = Field(default=None, description="seconds in which health must answer")


class Outcome(_Strict):
    """What Azure must hold in the end; `log` are regular expressions found in the driver's log of this case."""

    left: list[str] = []
    gone: list[str] = []
    calls: list[Calls] = []
    log: list[str] = []


class Case(_Strict):
    """`fixed_by` is the issue that makes the driver right; without it the driver is right today. `template` is the
    package's main.json (its $schema by `scope`), `package` further files; lifecycle.yaml is made from `transitions`.
    """

    play: str
    right: str
    fixed_by: int | None = None
    scope: Literal["resourceGroup", "subscription"] = "resourceGroup"
    group: str = Field(default="rg", description="resource group of the deployments, made by somebody; none if empty")
    location: dict[str, Any] = Field(default={}, description="properties of the deployment location, in place of its")
    existing: list[Existing] = []
    template: dict[str, Any] | None = None
    package: dict[str, Any] = {}
    serve: dict[str, Any] = Field(default={}, description="templates by path at a server whose URL is {served}")
    transitions: dict[str, dict[str, Any]] = {}
    refuse_foreign: bool = False
    properties: dict[str, Any] = {}
    steps: list[Step]
    end: Outcome = Outcome()
    seconds: float = Field(default=20, description="in which each event must come")

    def files(self, served: str = "") -> dict[str, str]:
        """The package's files by name; empty where the resource's type is a built-in one."""
        if self.template is None:
            return {}
        whole = {"$schema": SCHEMAS[self.scope], "contentVersion": "1.0.0.0", **self.template}
        place = {"resourceGroup": self.group} if self.scope == "resourceGroup" else {"location": "northeurope"}
        given = {"Create": {"deploy": "main.json"}, "Delete": {"remove": "all"}, **self.transitions}
        timed = {name: {"timeout": f"{int(self.seconds)}s", **verb} for name, verb in given.items()}
        manifest = {"version": 1, **place, "transitions": timed, "refuseForeign": self.refuse_foreign}
        further = {
            name: {"$schema": SCHEMAS[self.scope], "contentVersion": "1.0.0.0", **content}
            for name, content in self.package.items()
        }
        every = {"main.json": whole, "lifecycle.yaml": manifest, **further}  # JSON is YAML
        return {name: json.dumps(content, indent=1).replace("{served}", served) for name, content in every.items()}


def cases() -> dict[str, Case]:
    """All cases by `folder/name`."""
    found = {}
    for path in sorted(FOLDER.glob("*/*.json")):
        found[f"{path.parent.name}/{path.stem}"] = Case.model_validate_json(path.read_text(encoding="utf-8"))
    return found
