"""What ARM and Entra ID refuse: every recorded shape of an error, read to its deepest cause, and what to do about it
as one flat table.

Shapes: `{"error": {"code", "message", "details"}}`, the same with capital keys, without `error`, with JSON text in a
message, a plain string, and HTML from something on the way.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver.models import FailureCode

_EXISTS = FailureCode.RESOURCE_ALREADY_EXISTS
_ABSENT = FailureCode.RESOURCE_NOT_FOUND
_INFRASTRUCTURE = FailureCode.INFRASTRUCTURE_ERROR
_CAPACITY = FailureCode.INSUFFICIENT_CAPACITY
_INTERNAL = FailureCode.INTERNAL_ERROR

UNTIL_TIMEOUT = 1_000_000


@dataclass(frozen=True)
class Verdict:
    """The failure code of a refusal, how often what was refused is tried again, and the least seconds between two
    tries.
    """

    code: FailureCode
    tries: int = 0
    wait: float = 1


_PASSING = Verdict(_INFRASTRUCTURE, UNTIL_TIMEOUT)
_CONFLICT = Verdict(_INFRASTRUCTURE, 8, 5)
_PROPAGATING = Verdict(_INFRASTRUCTURE, 6, 10)
_FINAL = Verdict(_INFRASTRUCTURE)
_IN_USE = Verdict(_INFRASTRUCTURE)
_SLOW = Verdict(_CAPACITY, 3, 60)
_FULL = Verdict(_CAPACITY)
_TAKEN = Verdict(_EXISTS)
_MISSING = Verdict(_ABSENT, 1, 5)
_WRONG = Verdict(_INTERNAL)

# Code in lower case -> verdict. Sources: learn.microsoft.com "common deployment errors", the recorded refusals.
VERDICTS: dict[str, Verdict] = {
    "conflict": _CONFLICT,
    **dict.fromkeys(
        (
            "anotheroperationinprogress",
            "canceledandsupersededduetoanotheroperation",
            "connectionfailed",
            "deploymentactive",
            "deploymentactiveanduneditable",
            "deploymentbeingdeleted",
            "gatewaytimeout",
            "internalservererror",
            "operationpreempted",
            "referencedresourcenotprovisioned",
            "resourcegroupbeingdeleted",
            "resourcerequeststhrottled",
            "retryableerror",
            "retryableerrorduetoanotheroperation",
            "serverbusy",
            "servertimeout",
            "serviceunavailable",
            "subscriptionrequeststhrottled",
            "toomanyrequests",
        ),
        _PASSING,
    ),
    **dict.fromkeys(
        (
            "authorizationfailed",
            "expiredauthenticationtoken",
            "linkedauthorizationfailed",
            "missingsubscriptionregistration",
            "noregisteredproviderfound",
            "principalnotfound",
        ),
        _PROPAGATING,
    ),
    **dict.fromkeys(
        (
            "authenticationfailed",
            "invalidauthenticationtoken",
            "invalidauthenticationtokentenant",
            "requestdisallowedbypolicy",
            "scopelocked",
            "invalidsubscriptionid",
        ),
        _FINAL,
    ),
    **dict.fromkeys(
        (
            "cannotdeleteresource",
            "inusenetworksecuritygroupcannotbedeleted",
            "inuseroutetablecannotbedeleted",
            "inusesubnetcannotbedeleted",
            "natgatewayinusebysubnet",
            "nicinuse",
            "publicipaddresscannotbedeleted",
            "resourcegroupdeletionblocked",
            "storageaccountinuse",
        ),
        _IN_USE,
    ),
    **dict.fromkeys(
        (
            "allocationfailed",
            "overconstrainedallocationrequest",
            "overconstrainedzonalallocationrequest",
            "zonalallocationfailed",
            "deploymentquotaexceeded",
        ),
        _SLOW,
    ),
    **dict.fromkeys(
        (
            "publicipcountlimitreached",
            "quotaexceeded",
            "regiondoesnotallowprovisioning",
            "resourcequotaexceeded",
            "skunotavailable",
            "subnetisfull",
        ),
        _FULL,
    ),
    **dict.fromkeys(
        (
            "dnsrecordinuse",
            "invalidresourcelocation",
            "roleassignmentexists",
            "storageaccountalreadyexists",
            "storageaccountalreadytaken",
            "storageaccountinanotherresourcegroup",
        ),
        _TAKEN,
    ),
    **dict.fromkeys(
        (
            "deploymentnotfound",
            "imagenotfound",
            "invalidresourcereference",
            "notfound",
            "parentresourcenotfound",
            "resourcegroupnotfound",
            "resourcenotfound",
            "roleassignmentnotfound",
            "subscriptionnotfound",
        ),
        _MISSING,
    ),
    **dict.fromkeys(
        (
            "accountnameinvalid",
            "badrequest",
            "deploymentnameinvalidcharacters",
            "deploymentnamelengthlimitexceeded",
            "invalidaddressprefixformat",
            "invalidcidrnotation",
            "invalidparameter",
            "invalidrequestcontent",
            "invalidrequestformat",
            "invalidtemplate",
            "invalidtemplatedeployment",
            "jobsizeexceeded",
            "locationnotavailableforresourcegroup",
            "locationnotavailableforresourcetype",
            "locationrequired",
            "invalidresourcenamespace",
            "invalidresourcetype",
            "netcfginvalidsubnet",
            "operationnotallowed",
            "propertychangenotallowed",
            "reservedresourcename",
            "resourcetypenotsupported",
        ),
        _WRONG,
    ),
}
_WRAPPERS = {
    "deploymentfailed",
    "resourcedeploymentfailure",
    "invalidtemplatedeployment",
    "preflightvalidationcheckfailed",
}
# Refusals of status 404 that say nothing of the resource asked for.
_NO_ABSENCE = {
    "http 404",  # no error of ARM's: something on the way answered
    "invalidresourcenamespace",
    "invalidresourcetype",
    "resourcetypenotsupported",
    "subscriptionnotfound",
}
_DEEPEST = 30  # causes within causes; none as deep has been seen
_VAGUE = {"badrequest", "conflict", "notfound", "forbidden", "internalservererror", ""}


@dataclass(frozen=True)
class Cause:
    """The deepest cause in an error: its code and message, as the service that refused gave them."""

    code: str
    message: str

    @property
    def text(self) -> str:
        return ": ".join(filter(None, (self.code, self.message)))


class Refusal(Exception):
    """ARM or Entra ID refused a call (`status` >= 400), reported a failed operation (`status` 200), or could not be
    reached (0).
    """

    def __init__(self, status: int, cause: Cause, retry_after: float = 0) -> None:
        super().__init__(cause.text)
        self.status = status
        self.cause = cause
        self.retry_after = retry_after

    @property
    def verdict(self) -> Verdict:
        return verdict(self.cause, self.status)

    @property
    def is_absence(self) -> bool:
        """Whether it says that what was asked for is not there."""
        if self.cause.code.lower() in _NO_ABSENCE:
            return False
        return self.status == 404 or (self.status == 200 and self.verdict is _MISSING)


def verdict(cause: Cause, status: int) -> Verdict:
    """What to do about a refusal: by its code, then by what its text or its HTTP status tells."""
    code = cause.code.lower()
    if status in (408, 429) or (status >= 500 and status != 501):
        return _PASSING
    if code == "operationnotallowed":
        return _FULL if any(word in cause.message.lower() for word in ("quota", "cores")) else _WRONG
    known = VERDICTS.get(code)
    if known is not None:
        return known
    return {401: _PROPAGATING, 403: _PROPAGATING, 404: _MISSING, 409: _CONFLICT, 400: _WRONG}.get(status, _FINAL)


def cause(body: Any, otherwise: str = "") -> Cause:
    """The deepest cause in an error body (parsed JSON or text). Of several that is told which no retry would mend,
    else the first.
    """
    leaves = [leaf if leaf.code else Cause(otherwise, leaf.message) for leaf in _leaves(body, _DEEPEST)]
    if not leaves:
        return Cause(
            otherwise or "UnknownError", body.strip()[:300] if isinstance(body, str) and "<" not in body else ""
        )
    final = [leaf for leaf in leaves if verdict(leaf, 200).tries == 0 and leaf.code.lower() in VERDICTS]
    known = [leaf for leaf in leaves if leaf.code.lower() in VERDICTS]
    return (final or known or leaves)[0]


def _leaves(body: Any, levels: int) -> Iterator[Cause]:
    if isinstance(body, str):
        body = _parsed(body)
    if not isinstance(body, Mapping) or not levels:
        return
    keys = {str(key).lower(): value for key, value in body.items()}
    error = keys.get("error")
    if isinstance(error, Mapping | str) and "code" not in keys:
        yield from _leaves(error, levels - 1) if _parsed_or_mapping(error) else iter([Cause("", str(error))])
        return
    code, message, details = str(keys.get("code") or ""), keys.get("message"), keys.get("details")
    below = details if isinstance(details, list) else [details]
    deeper = [leaf for detail in below for leaf in _leaves(detail, levels - 1)]
    for other in (message, keys.get("statusmessage")):
        deeper = deeper or list(_leaves(other, levels - 1))
    deeper = [leaf if leaf.code else Cause(code, leaf.message) for leaf in deeper]
    if deeper and (code.lower() in _WRAPPERS | _VAGUE or not all(leaf.code.lower() in _VAGUE for leaf in deeper)):
        yield from deeper
    elif code or message:
        yield Cause(code, str(message or "").strip())


def _parsed_or_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) or _parsed(value) is not None


def _parsed(text: str) -> Any:
    stripped = text.strip()
    if not stripped.startswith("{"):
        return None
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        return None
