"""What somebody can do about a refusal that no retry resolves."""

import re

_OFFER = re.compile(
    r"publisher(?:Id)?\s*[:=]\s*['\"]?(?P<publisher>[\w.-]+)['\"]?\s*,?\s*offer(?:Id)?\s*[:=]\s*['\"]?(?P<offer>[\w.-]+)"
    r"['\"]?(?:\s*,?\s*(?:sku|plan)(?:Id)?\s*[:=]\s*['\"]?(?P<plan>[\w.-]+))?",
    re.IGNORECASE,
)
_NAMESPACE = re.compile(r"(?:namespace|provider|resource type) '(\w+(?:\.\w+)+)", re.IGNORECASE)
_TERMS = ("legal terms", "marketplace")
_SOFT_DELETED = ("flagmustbesetforrestore", "servicealreadyexistsinsoftdeletedstate")
UNREGISTERED = ("missingsubscriptionregistration", "subscriptionnotregistered")


def find_advice(code: str, message: str) -> str:
    """What to do about a refusal; empty where the driver knows nothing that its message does not say."""
    folded, text = code.lower(), message.lower()
    if folded in _SOFT_DELETED or "deleted state" in text or "soft-deleted" in text:
        return "a deleted service holds back the name: purge it, recover it, or take another name"
    if folded in UNREGISTERED and (namespace := find_namespace(message)):
        return f"register the provider: az provider register --namespace {namespace}"
    if any(words in text for words in _TERMS) and (offer := _OFFER.search(message)):
        plan = offer["plan"] or "PLAN"
        terms = f"--publisher {offer['publisher']} --offer {offer['offer']} --plan {plan}"
        return f"accept the terms of the offer '{offer['offer']}': az vm image terms accept {terms}"
    return ""


def find_namespace(message: str) -> str:
    """The namespace of the provider that a refusal names; empty if it names none."""
    found = _NAMESPACE.search(message)
    return found[1] if found else ""
