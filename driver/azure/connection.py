"""The connection to ARM and Entra ID: the SDK's clients, one pair for each location, with their tokens. Whatever ARM or
Entra ID refuses is raised as a Refusal.

Nothing waits here: retries are durable timers of the orchestrator. Only a connection that broke is tried again at once.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from driver.azure import reachability
from driver.azure.headers import read_date, read_retry_after
from driver.azure.refusals import Refused, Unreachable, read_cause
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient
    from azure.mgmt.resource.resources import ResourceManagementClient

_LOCATIONS = 128
_connecting = threading.Lock()


@dataclass(frozen=True)
class Clients:
    """The SDK's clients for one location; `calls` sends what they have no method for. They share one pipeline with its
    connections and its token.
    """

    calls: "PipelineClient[Any, Any]"
    resources: "ResourceManagementClient"
    deployments: "DeploymentsMgmtClient"


def prepare(location: AzureLocation) -> None:
    """Import the SDK and build the clients of a location, which takes its time in a new process. Calls nothing. Raises
    what `connect` raises.
    """
    _find_clients(location)


@contextmanager
def connect(location: AzureLocation) -> Iterator[Clients]:
    """The clients of a location. What ARM or Entra ID refuse in the block is raised as a Refusal."""
    connected = _find_clients(location)
    from azure.core.exceptions import AzureError, DeserializationError, HttpResponseError

    host = urlsplit(location.resource_manager_url).netloc
    try:
        yield connected
    except HttpResponseError as error:
        response: Any = error.response
        if response is None:  # the connection broke within the body, or the body cannot be unpacked
            raise _note_trouble(host, " ".join(str(error).split())[:300]) from error
        if response.status_code < 400:  # ARM never redirects: a proxy does, to where one signs in to it
            what = "that is no JSON" if response.status_code < 300 else "a redirect"
            reason = f"something answered with HTTP {response.status_code}, {what}"
            raise _note_trouble(host, reason, read_retry_after(response.headers)) from error
        reachability.ARM.note_answer(host)
        raise _build_refusal(response) from error
    except (AzureError, DeserializationError, json.JSONDecodeError) as error:
        raise _note_trouble(host, " ".join(str(error).split())[:300]) from error
    else:
        reachability.ARM.note_answer(host)


def _note_trouble(host: str, text: str, retry_after: float = 0) -> Unreachable:
    reason = f"ARM ({host}) cannot be reached: {text}"
    reachability.ARM.note_trouble(host, reason)
    return Unreachable(Cause("ConnectionFailed", reason), retry_after)


def _build_refusal(response: Any) -> Refused:
    """The Refusal for a response with an error status."""
    headers: Mapping[str, str] = response.headers
    text = response.content.decode("utf-8-sig", "replace")
    cause = read_cause(text, f"HTTP {response.status_code}")
    return Refused(response.status_code, cause, read_retry_after(headers), read_date(headers), text)


def _find_clients(location: AzureLocation) -> Clients:
    """The clients of a location. Raises Unreachable if the proxy of the environment cannot be used."""
    with _connecting:  # two threads that import parts of the SDK at the same time can deadlock
        from azure.core.exceptions import ServiceRequestError

        try:
            return _build_clients(location)
        except ServiceRequestError as error:
            raise _note_trouble(urlsplit(location.resource_manager_url).netloc, str(error)) from error


@lru_cache(maxsize=_LOCATIONS)
def _build_clients(location: AzureLocation) -> Clients:
    from azure.core import PipelineClient
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient
    from azure.mgmt.resource.resources import ResourceManagementClient

    from driver.azure.pipeline import build_policies
    from driver.azure.transport import build_transport

    credential: Any = _NoCredential()
    shared: dict[str, Any] = {
        "base_url": location.resource_manager_url,
        "policies": build_policies(location),
        "transport": build_transport(location.resource_manager_url),
    }
    calls: PipelineClient[Any, Any] = PipelineClient(**shared)
    shared["credential_scopes"] = [location.credential_scope]
    return Clients(
        calls,
        ResourceManagementClient(credential, location.subscription_id, **shared),
        DeploymentsMgmtClient(credential, location.subscription_id, **shared),
    )


class _NoCredential:
    """The clients want one, and use it only in policies of their own."""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        raise NotImplementedError("the policies of the pipeline have the credential")
