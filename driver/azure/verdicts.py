"""What to do about a refusal of ARM or Entra ID: one flat table of their error codes."""

from dataclasses import dataclass

from driver.models.events import FailureCode

_EXISTS = FailureCode.RESOURCE_ALREADY_EXISTS
_ABSENT = FailureCode.RESOURCE_NOT_FOUND
_INFRASTRUCTURE = FailureCode.INFRASTRUCTURE_ERROR
_CAPACITY = FailureCode.INSUFFICIENT_CAPACITY
_INTERNAL = FailureCode.INTERNAL_ERROR

UNTIL_TIMEOUT = 1_000_000


@dataclass(frozen=True)
class Verdict:
    """The failure code for a refusal, how often the refused call is tried again, and the least wait between two tries
    in seconds.
    """

    code: FailureCode
    tries: int = 0
    wait: float = 1


PASSING = Verdict(_INFRASTRUCTURE, UNTIL_TIMEOUT)
_CONFLICT = Verdict(_INFRASTRUCTURE, 8, 5)
_PROPAGATING = Verdict(_INFRASTRUCTURE, 6, 10)
FINAL = Verdict(_INFRASTRUCTURE)
_IN_USE = Verdict(_INFRASTRUCTURE)
_SLOW = Verdict(_CAPACITY, 3, 60)
_FULL = Verdict(_CAPACITY)
_TAKEN = Verdict(_EXISTS)
_MISSING = Verdict(_ABSENT, 1, 5)
_WRONG = Verdict(_INTERNAL)

# Code in lower case -> verdict. Sources: learn.microsoft.com "common deployment errors", the recorded refusals.
VERDICTS: dict[str, Verdict] = {
    **dict.fromkeys(("conflict", "preconditionfailed", "requestconflict"), _CONFLICT),
    **dict.fromkeys(
        (
            "anotheroperationinprogress",
            "canceledandsupersededduetoanotheroperation",
            "connectionfailed",
            "deploymentactive",
            "deploymentactiveanduneditable",
            "deploymentbeingdeleted",
            "gatewaytimeout",
            "internalexecutionerror",
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
        PASSING,
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
        FINAL,
    ),
    **dict.fromkeys(
        (
            "cannotdeleteresource",
            "inusenetworksecuritygroupcannotbedeleted",
            "inuseroutetablecannotbedeleted",
            "inusesubnetcannotbedeleted",
            "natgatewayinusebysubnet",
            "nicinuse",
            "nicreservedforanothervm",
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


@dataclass(frozen=True)
class Cause:
    """The deepest cause in an error: code and message, as the service gave them."""

    code: str
    message: str

    @property
    def text(self) -> str:
        return ": ".join(filter(None, (self.code, self.message)))


def find_verdict(cause: Cause, status: int) -> Verdict:
    """The verdict on a refusal: by its HTTP status if that is a passing error, else by its code, else by its status."""
    code = cause.code.lower()
    if status in (408, 429) or (status >= 500 and status != 501):
        return PASSING
    if code == "operationnotallowed":
        return _FULL if any(word in cause.message.lower() for word in ("quota", "cores")) else _WRONG
    known = VERDICTS.get(code)
    if known is not None:
        return known
    return {401: _PROPAGATING, 403: _PROPAGATING, 404: _MISSING, 409: _CONFLICT, 400: _WRONG}.get(status, FINAL)
