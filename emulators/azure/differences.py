"""What the embedded Azure refuses, and where it only comes near to Azure: text of docs/what-differs.md, kept beside the
code. Tests make each call that is said to be refused.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refused:
    """Something that is answered 501 NotSupportedByEmulator, with a call that shows it (`path` below a group)."""

    what: str
    method: str
    path: str
    body: dict[str, Any] | None = None


_DEPLOYMENT = "/providers/Microsoft.Resources/deployments/one"
_TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [],
}
_ELSEWHERE = {"templateLink": {"uri": "https://example.com/main.json"}}
_PARAMETERS = {"template": _TEMPLATE, "parametersLink": {"uri": "https://example.com/parameters.json"}}

REFUSED: tuple[Refused, ...] = (
    Refused(
        "Deployments of mode Complete",
        "PUT",
        _DEPLOYMENT,
        {"properties": {"mode": "Complete", "template": _TEMPLATE}},
    ),
    Refused("Templates linked from beyond this machine", "PUT", _DEPLOYMENT, {"properties": _ELSEWHERE}),
    Refused("Parameters by link", "PUT", _DEPLOYMENT, {"properties": _PARAMETERS}),
    Refused("Deployment stacks", "GET", "/providers/Microsoft.Resources/deploymentStacks/one"),
    Refused("Moving resources", "POST", "/moveResources", {"resources": []}),
    Refused("Exporting a group's template", "POST", "/exportTemplate", {"resources": ["*"]}),
    Refused(
        "Filters of lists by anything but type, name, location, state, group, tag, identity and parts of the plan",
        "GET",
        "/resources?$filter=plan eq 'x'",
    ),
)

_NEAR = """
Types without a table keep what is sent, answer at once (those of Microsoft.Network by a polling URL) and check
nothing. They show identity, state, and the properties that the emulator knows of them. Of any other type it knows the
read-only ones by their names: addresses, ids, keys, times of creation, states. Their values are made up. A template
that reads another one is told that it is not modelled. Deployment scripts do not run: their outputs are those that
the script names, with made-up values.

A type that its provider does not have is refused (InvalidResourceType), by a list from the types of the Bicep
compiler. Types of providers that are not in this list are taken.

An api-version that is newer than those the emulator knows is answered like the newest of them: properties that Azure
has added since are missing. Any date is taken for an api-version, also one on which the provider released none.

Expressions that no run can evaluate are found before a deployment begins, in nested templates as far as their
parameters are known then.

Times are scaled: a deployment takes `provisioningSeconds`, where Azure's median is 60 s; Retry-After is scaled alike.

Tokens are checked for tenant, secret and age. What a principal may do is one setting for all principals and scopes:
role assignments are kept and change nothing.

Entra ID does not fetch an issuer's keys: they are in the settings. A certificate counts by its thumbprint, never by
subject name and issuer.

Regions have no capacity and subscriptions no quota, unless a fault says so.

Names that are the world's are checked for storage accounts, vaults and what is soft-deleted, not for other services.

A recovered vault, account, service or store comes back without its children. The codes of what is not among the
deleted, and of purge protection outside of Key Vault, are not recorded: they are near to Azure's.

`outputResources` say by which api-version a resource was written from 2025-03-01 on; the first such version of ARM is
not known.

Operations of kind Read are recorded for references to what the deployment did not write, of kind Action for list
functions, of kind Waiting where the engine was throttled or met a busy resource; ARM records more of them.

Validation leaves out what a linked template makes, and what a nested one makes whose parameters only the run knows.

What-if resolves references to what is there, which ARM leaves as expressions; references to what the template makes
stay expressions. It does not filter the noise that ARM filters.

Throttling counts one region; a provider's own limits are those of the settings, over 5 minutes.

A list that lags misses what is new and shows what is gone; it shows the present tags of what it shows.

Locks are checked for deletes only. Policies are kept and never enforced. Conditions (If-Match, If-None-Match) are
checked for types that have an etag.

A list that is not modelled is refused by name: most of what Azure offers (sizes, usages, prices). Of images there are
the common ones, in one version.

Of the built-in role definitions there are the common ones; only the general ones show what they permit. The
function roleDefinitions() knows the same ones, and gives their ids at the tenant: what ARM gives is not recorded.

A secret that a parameter refers to is read if its vault is enabled for template deployment, whoever asks. Versions of
secrets are not kept.

`systemData` names no principal.
"""
APPROXIMATED: tuple[str, ...] = tuple(" ".join(text.split()) for text in _NEAR.split("\n\n"))
