"""The registration of resource providers: a subscription has none of most providers until it is registered for them."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from driver.azure import connection
from driver.azure.advice import UNREGISTERED, find_namespace
from driver.azure.refusals import Refusal, Refused
from driver.azure.verdicts import UNTIL_TIMEOUT, Cause
from driver.models.orders import AzureLocation
from driver.settings import current

_VERSION = "2025-04-01"
SUBSCRIPTION = re.compile(r"/subscriptions/([\w-]+)", re.IGNORECASE)
_registered: dict[tuple[str, str], str] = {}  # subscription and namespace, and why ARM refused to register it
_lock = threading.Lock()
_log = logging.getLogger("driver.lifecycle")


@contextmanager
def register_on_refusal(location: AzureLocation, subscription: str = "") -> Iterator[None]:
    """Register the provider for which a call in the block is refused, unless REGISTER_PROVIDERS is false: once in a
    process. The refusal that is raised then says that the call may be sent again, or why that did not work.

    Without a `subscription` it is that of the last id in the error, which is of the innermost deployment.
    """
    try:
        yield
    except Refused as refused:
        namespace = find_namespace(refused.cause.message)
        if refused.cause.code.lower() not in UNREGISTERED or not namespace or not current().register_providers:
            raise
        named = SUBSCRIPTION.findall(refused.body)
        place = subscription or (named[-1] if named else location.subscription_id)
        why_not = _register(location, place, namespace)
        if why_not:
            text = f"{refused.cause.message} The driver could not register it: {why_not}"
            raise Refused(refused.status, Cause(refused.cause.code, text)) from refused
        text = f"{namespace} is being registered in the subscription"
        raise Refused(refused.status, Cause("ProviderIsBeingRegistered", text)) from refused


def explain_missing(location: AzureLocation, namespace: str) -> str:
    """Why this driver does not register a provider that the subscription of a location is not registered for; empty if
    it does, once something is refused because of it.
    """
    if not current().register_providers:
        return "the setting REGISTER_PROVIDERS is false"
    with _lock:
        return _registered.get((location.subscription_id.lower(), namespace.lower()), "")


def _register(location: AzureLocation, subscription: str, namespace: str) -> str:
    """Register a provider, if this process has not tried that before. Why ARM refused; empty if it did not. Raises a
    Refusal that passes.
    """
    key = (subscription.lower(), namespace.lower())
    with _lock:
        if key in _registered:
            return _registered[key]
        _registered[key] = ""
    try:
        _post(location, f"/subscriptions/{subscription}/providers/{namespace}/register?api-version={_VERSION}")
    except Refusal as refused:
        with _lock:
            if refused.verdict.tries == UNTIL_TIMEOUT:
                del _registered[key]
                raise
            _registered[key] = refused.cause.text
        return refused.cause.text
    _log.info("the provider %s is being registered in subscription %s", namespace, subscription)
    return ""


def _post(location: AzureLocation, path: str) -> None:
    with connection.connect(location) as clients:
        from azure.core.rest import HttpRequest

        request = HttpRequest("POST", f"{location.resource_manager_url}{path}")
        clients.calls.send_request(request).raise_for_status()
