"""What somebody can do about a refusal that no retry resolves."""

import re
from collections.abc import Iterable

_OFFER = re.compile(
    r"publisher(?:Id)?\s*[:=]\s*['\"]?(?P<publisher>[\w.-]+)['\"]?\s*,?\s*offer(?:Id)?\s*[:=]\s*['\"]?(?P<offer>[\w.-]+)"
    r"['\"]?(?:\s*,?\s*(?:sku|plan)(?:Id)?\s*[:=]\s*['\"]?(?P<plan>[\w.-]+))?",
    re.IGNORECASE,
)
_NAMESPACE = re.compile(r"(?:namespace|provider|resource type) '(\w+(?:\.\w+)+)", re.IGNORECASE)
_TERMS = ("legal terms", "marketplace")
_ACCEPT = "az vm image terms accept"
_UNKNOWN_PLAN = "PLAN"
_SOFT_DELETED = ("flagmustbesetforrestore", "servicealreadyexistsinsoftdeletedstate")
UNREGISTERED = ("missingsubscriptionregistration", "subscriptionnotregistered")


def find_advice(code: str, message: str) -> str:
    """What to do about a refusal; empty if the driver knows nothing beyond the message."""
    folded, text = code.lower(), message.lower()
    is_kept = "deleted state" in text or "soft-deleted" in text
    if folded in _SOFT_DELETED or (is_kept and "cannot be deleted" not in text):  # what it contains is kept
        return (
            "a deleted service holds back the name: purge it, recover it, or take another name; a Delete with"
            " `softDelete: {purgeOnDelete: true}` in lifecycle.yaml keeps none"
        )
    if folded in UNREGISTERED and (namespace := find_namespace(message)):
        return f"register the provider: az provider register --namespace {namespace}"
    if any(words in text for words in _TERMS) and (offer := _OFFER.search(message)):
        command = _write_command(offer["publisher"], offer["offer"], offer["plan"] or _UNKNOWN_PLAN)
        return f"accept the terms of the offer '{offer['offer']}': {command}"
    return ""


def name_plans(text: str, plans: Iterable[tuple[str, str, str]]) -> str:
    """A text about a refusal whose advice to accept the terms of an offer names the plan, which Azure leaves out.
    `plans` are those of the template: publisher, offer and plan.
    """
    if not any(words in text.lower() for words in _TERMS):
        return text
    commands = []
    for publisher, offer, plan in plans:
        commands.append(command := _write_command(publisher, offer, plan))
        unfinished = re.escape(_write_command(publisher, offer, _UNKNOWN_PLAN))
        text = re.sub(rf"{unfinished}(?![\w.-])", command.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    return text if _ACCEPT in text or not commands else f"{text} (accept the terms: {'; '.join(commands)})"


def _write_command(publisher: str, offer: str, plan: str) -> str:
    return f"{_ACCEPT} --publisher {publisher} --offer {offer} --plan {plan}"


def find_namespace(message: str) -> str:
    """The namespace of the provider that a refusal names; empty if it names none."""
    found = _NAMESPACE.search(message)
    return found[1] if found else ""
