"""A look into the embedded Azure, past its ARM API: what it holds, what it counted, what shall go wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests

from dev.endpoints import Endpoints


def resource_ids(stack: Endpoints) -> list[str]:
    """Returns the ids of all resource groups, resources (children too) and deployments, less what Azure has made beside
    them by itself, and less the records of deployments that are being deleted: the driver does not wait for those.
    """
    found = _get(stack, "/emulator/resources")
    entries = [entry for kind in ("resourceGroups", "resources", "deployments") for entry in found[kind]]
    return [entry["id"] for entry in entries if not entry.get("deleting") and not entry.get("byAzure")]


def counters(stack: Endpoints) -> dict[str, Any]:
    """Returns `{"token", "discovery", "arm": {method: calls}, "armTotal", "throttled": {method: calls}, "statuses":
    {status: answers}, "total"}`.
    """
    counted: dict[str, Any] = _get(stack, "/emulator/counters")
    return counted


def calls(stack: Endpoints) -> list[dict[str, Any]]:
    """The newest calls that came: `{"at", "host", "method", "path", "status"}`."""
    return list(_get(stack, "/emulator/calls")["value"])


def find_deployment_ends(stack: Endpoints) -> dict[str, float]:
    """When the deployments end or have ended, in seconds since 1970, by their ids in lower case."""
    found = _get(stack, "/emulator/resources")["deployments"]
    return {entry["id"].lower(): entry["until"] for entry in found}


def add_fault(stack: Endpoints, fault: Mapping[str, Any]) -> None:
    """Lets calls fail; emulators/azure/faults lists the kinds."""
    _post(stack, "/emulator/faults", fault)


def count_hits(stack: Endpoints) -> int:
    """Returns how many calls the faults in force have hit; one that is being delayed is counted."""
    return sum(fault["hits"] for fault in _get(stack, "/emulator/faults")["value"])


def add_faults(stack: Endpoints, faults: Sequence[Mapping[str, Any]]) -> None:
    """Lets calls fail in these ways, one after another."""
    _post(stack, "/emulator/faults", {"faults": list(faults)})


def call_arm(stack: Endpoints, method: str, path: str, version: str, content: Mapping[str, Any] | None = None) -> None:
    """Calls ARM as somebody else than the driver does; the path follows the subscription."""
    properties = stack.deploymentLocation["properties"]
    form = {
        "grant_type": "client_credentials",
        "client_id": properties["clientId"],
        "client_secret": properties["clientSecret"],
        "scope": f"{stack.azure}/.default",
    }
    url = f"{stack.azure}/{properties['tenantId']}/oauth2/v2.0/token"
    signed_in = requests.post(url, data=form, verify=stack.ca, timeout=10)
    signed_in.raise_for_status()
    answer = requests.request(
        method,
        f"{stack.azure}/subscriptions/{properties['subscriptionId']}{path}",
        params={"api-version": version},
        json=content,
        headers={"Authorization": f"Bearer {signed_in.json()['access_token']}"},
        verify=stack.ca,
        timeout=10,
    )
    answer.raise_for_status()


def clear_faults(stack: Endpoints) -> None:
    """Ends all faults."""
    requests.delete(f"{stack.azure}/emulator/faults", verify=stack.ca, timeout=10).raise_for_status()


def change_settings(stack: Endpoints, changed: Mapping[str, Any]) -> None:
    """Changes what the embedded Azure was started with, such as `clients` and `tokenSeconds`."""
    _post(stack, "/emulator/settings", changed)


def _post(stack: Endpoints, path: str, content: Mapping[str, Any]) -> None:
    requests.post(stack.azure + path, json=content, verify=stack.ca, timeout=10).raise_for_status()


def _get(stack: Endpoints, path: str) -> Any:
    answer = requests.get(stack.azure + path, verify=stack.ca, timeout=10)
    answer.raise_for_status()
    return answer.json()
