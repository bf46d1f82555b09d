"""Whether a subscription is registered for the resource providers that a template needs."""

from driver.azure import providers, registrations
from driver.azure.advice import UNREGISTERED, find_advice
from driver.azure.refusals import Refusal
from driver.azure.verdicts import FINAL
from driver.models.orders import AzureLocation
from driver.packages.demands import Demands
from driver.resource_ids import ResourceId
from driver.steps.calls import call_at_once
from driver.steps.findings import Findings, doubt

_ALWAYS_REGISTERED = "microsoft.resources"


def read_registrations(location: AzureLocation, demands: Demands) -> dict[str, bool | Refusal]:
    """Whether the subscription is registered for each provider, or the refusal to tell it."""

    def read(namespace: str) -> bool | Refusal:
        try:
            return providers.is_registered(location, namespace)
        except Refusal as refused:
            return refused

    return call_at_once(read, [one for one in demands.namespaces if one.lower() != _ALWAYS_REGISTERED])


def judge_registrations(
    location: AzureLocation,
    demands: Demands,
    registered: dict[str, bool | Refusal] | None,
    written: tuple[ResourceId, ...] | None,
) -> Findings:
    """`written` are the resources that ARM's validation has named. Without it, what is written under a condition only
    is not known to need its provider.
    """
    if registered is None:
        return doubt(f"the registration of {', '.join(demands.namespaces)} cannot be read", None)
    own = (one for one in written or () if one.is_in_subscription(location.subscription_id))
    named = {one.type.partition("/")[0].lower() for one in own}
    found, unknown = Findings(), [one for one, answer in registered.items() if isinstance(answer, Refusal)]
    if unknown and isinstance(first := registered[unknown[0]], Refusal):
        found += doubt(f"the registration of {', '.join(unknown)} cannot be read", first)
    for namespace in (one for one, answer in registered.items() if answer is False):
        is_certain = namespace in demands.certain or namespace.lower() in named
        reason = registrations.explain_missing(location, namespace)
        text = f"the subscription is not registered for the resource provider {namespace}"
        if is_certain and reason:
            advice = find_advice(UNREGISTERED[0], f"namespace '{namespace}'")
            text = f"{text}, and this driver does not register it: {reason} ({advice})"
            found += Findings(faults=((FINAL.code, text),))
        elif is_certain or written is None:
            later = reason or "the driver registers it once ARM asks for it"
            found += Findings(warnings=(f"{text}: {later}",))
    return found
