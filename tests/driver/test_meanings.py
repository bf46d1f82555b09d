"""Refusals of Azure's services as their users have reported them: in the shape in which they came, what they mean.

Sources: issues of the public tools, "Troubleshoot common Azure deployment errors" and the storage resource provider's
error codes at learn.microsoft.com. Names and ids are made up.
"""

import json
from typing import Any

import pytest

from driver.azure.refusals import Refused, read_cause
from driver.azure.verdicts import UNTIL_TIMEOUT, Cause

EXISTS, ABSENT = "RESOURCE_ALREADY_EXISTS", "RESOURCE_NOT_FOUND"
INFRASTRUCTURE, CAPACITY, INTERNAL = "INFRASTRUCTURE_ERROR", "INSUFFICIENT_CAPACITY", "INTERNAL_ERROR"


def top(code: Any, message: str = "m", **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


def deployed(*details: dict[str, Any]) -> dict[str, Any]:
    """The status of a failed deployment."""
    text = "At least one resource deployment operation failed. Please list deployment operations for details."
    return {"status": "Failed", **top("DeploymentFailed", text, details=list(details))}


def entry(code: str, message: str = "m", **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, **more}


def told(status: str, body: Any) -> dict[str, Any]:
    """A detail whose message is the answer of the service, and whose code is the HTTP status of that answer."""
    return entry(status, json.dumps(body, indent=2).replace("\n", "\r\n"))


def ended(code: str, message: str = "m") -> dict[str, Any]:
    """A detail of a resource whose asynchronous operation has failed."""
    text = "The resource operation completed with terminal provisioning state 'Failed'."
    failed = top("ResourceDeploymentFailure", text, details=[entry(code, message)])
    return told("Conflict", {"status": "Failed", **failed})


def web(code: str, message: str) -> dict[str, Any]:
    """An error of App Service."""
    entity = {"ExtendedCode": "51008", "MessageTemplate": message, "Parameters": [], "Code": code, "Message": message}
    details = [{"Message": message}, {"Code": code}, {"ErrorEntity": entity}]
    return {"Code": code, "Message": message, "Target": None, "Details": details, "Innererror": None}


def invalid(*details: dict[str, Any], text: str = "See inner errors for details.") -> dict[str, Any]:
    return top("InvalidTemplateDeployment", text, **({"details": list(details)} if details else {}))


MORE_QUOTA = "Operation cannot be completed without additional quota. \r\nCurrent Limit (Total VMs): 0 \r\n"
REGION = "The scale operation is not allowed for this subscription in this region. Try selecting different region."
SITE = "Website with given name contoso-api already exists."
NO_PRINCIPAL = 'The provided principal ID ["x"] was not found in the AAD tenant(s) [y] which are associated.'
NO_MEMBER = "Principal x does not exist in the directory y."
AT_THIS_MOMENT = "The requested resource is not available in the location 'northeurope' at this moment. Please retry."
MOST_PLANS = "The maximum number of Free ServerFarms allowed in a Subscription is 10."
NOT_TERMINAL = "Cannot modify resource with id 'x' because the resource entity provisioning state is not terminal."
PLAN = "Cannot modify this web hosting plan because another operation is in progress. Details: Id: 1"
ADDON = "Operation is not allowed because there's an in-progress PutExtensionAddonHandler.PUT operation (ID: 1)."
SIZE = (
    "The resource with id 'vm' failed validation with message: 'The requested size for resource 'vm' is currently not"
    " available in location 'westus2' zones '' for subscription 's'. Please try another size.'"
)
DEMAND = "Database account creation failed. Error : Sorry, we are currently experiencing high demand in this region."
REFERENCED = "Cannot proceed with operation because resource net used by resource nic is not in Succeeded state."
CORES = "Operation could not be completed as it results in exceeding approved standardDASv5Family Cores quota."
RULES_BUSY = "FirewallPolicyRuleCollectionGroupUpdateNotAllowedWhenUpdatingOrDeleting"
POLICY_BUSY = "Firewall Policy p can not be changed because it is in Updating state from previous operation ID : 1."
POLICY = {"policyInfo": [{"policyDefinitionDisplayName": "Allowed locations", "policyDefinitionEffect": "Deny"}]}


@pytest.mark.parametrize(
    ("status", "body", "code", "failure", "tries"),
    [
        (409, top("Conflict", "A swap operation of the site already exists."), "Conflict", INFRASTRUCTURE, "some"),
        # Another operation runs
        (400, top(RULES_BUSY, "m"), RULES_BUSY, INFRASTRUCTURE, "on"),
        (200, deployed(told("BadRequest", top(RULES_BUSY))), RULES_BUSY, INFRASTRUCTURE, "on"),
        (400, top("BadRequest", POLICY_BUSY), "BadRequest", INFRASTRUCTURE, "on"),
        # A quota of calls
        (429, top("TooManyRequests", "Write quota of 50 exceeded."), "TooManyRequests", INFRASTRUCTURE, "on"),
        (200, deployed(told("TooManyRequests", top("429", "Call quota exceeded."))), "429", INFRASTRUCTURE, "on"),
        # No quota, no capacity, no free address, not offered
        (401, web("Unauthorized", MORE_QUOTA), "Unauthorized", CAPACITY, "no"),
        (200, deployed(told("Unauthorized", web("Unauthorized", MORE_QUOTA))), "Unauthorized", CAPACITY, "no"),
        (200, deployed(told("Unauthorized", web("Unauthorized", REGION))), "Unauthorized", CAPACITY, "no"),
        (
            200,
            deployed({"message": "This region has quota of 0 instances for your subscription."}),
            "DeploymentFailed",
            CAPACITY,
            "no",
        ),
        (
            400,
            invalid(entry("ValidationForResourceFailed", details=[entry("SubscriptionIsOverQuotaForSku", MORE_QUOTA)])),
            "SubscriptionIsOverQuotaForSku",
            CAPACITY,
            "no",
        ),
        (
            400,
            invalid(entry("ValidationForResourceFailed", details=[entry("BadRequest", MORE_QUOTA)])),
            "BadRequest",
            CAPACITY,
            "no",
        ),
        (400, invalid(text=SIZE), "InvalidTemplateDeployment", CAPACITY, "no"),
        (409, top("OperationNotAllowed", CORES), "OperationNotAllowed", CAPACITY, "no"),
        (400, top("ErrCode_InsufficientVCPUQuota", "requested 2"), "ErrCode_InsufficientVCPUQuota", CAPACITY, "no"),
        (400, top("BadRequest", "Insufficient vcpu quota requested 2, remaining 0"), "BadRequest", CAPACITY, "no"),
        (
            200,
            deployed(told("BadRequest", top("StaticPublicIPCountLimitReached"))),
            "StaticPublicIPCountLimitReached",
            CAPACITY,
            "no",
        ),
        (
            200,
            deployed(entry("IPv4BasicSkuPublicIpCountLimitReached")),
            "IPv4BasicSkuPublicIpCountLimitReached",
            CAPACITY,
            "no",
        ),
        (
            409,
            top("MaxStorageAccountsCountPerSubscriptionExceeded", "already contains 250 storage accounts"),
            "MaxStorageAccountsCountPerSubscriptionExceeded",
            CAPACITY,
            "no",
        ),
        (
            200,
            deployed(ended("ProvisioningDisabled", "Provisioning is restricted")),
            "ProvisioningDisabled",
            CAPACITY,
            "no",
        ),
        (200, deployed(entry("ServiceUnavailable", DEMAND)), "ServiceUnavailable", CAPACITY, "some"),
        (200, {"status": "Failed", **top("BadRequest", DEMAND)}, "BadRequest", CAPACITY, "some"),
        (200, {"status": "Failed", **top("GatewayAllocationFailed")}, "GatewayAllocationFailed", CAPACITY, "some"),
        (400, top("LocationIsOfferRestricted"), "LocationIsOfferRestricted", CAPACITY, "no"),
        (200, deployed(told("BadRequest", top("SubnetIsFull"))), "SubnetIsFull", CAPACITY, "no"),
        (
            400,
            top("InsufficientSubnetSize", "Pre-allocated IPs 93 exceeds 16"),
            "InsufficientSubnetSize",
            CAPACITY,
            "no",
        ),
        (
            409,
            web("Conflict", "Storage usage quota exceeded. Cannot update a server farm."),
            "Conflict",
            CAPACITY,
            "no",
        ),
        (400, top("RoleAssignmentLimitExceeded", "maximum is 4000"), "RoleAssignmentLimitExceeded", CAPACITY, "no"),
        (503, top("ServiceUnavailable", AT_THIS_MOMENT), "ServiceUnavailable", CAPACITY, "some"),
        (
            503,
            top("ServiceUnavailable", "insufficient capacity in West Europe"),
            "ServiceUnavailable",
            CAPACITY,
            "some",
        ),
        (409, web("Conflict", "No available instances to satisfy this request."), "Conflict", CAPACITY, "some"),
        (409, web("Conflict", MOST_PLANS), "Conflict", CAPACITY, "no"),
        (
            400,
            top("MaxNumberOfRegionalEnvironmentsInSubExceeded"),
            "MaxNumberOfRegionalEnvironmentsInSubExceeded",
            CAPACITY,
            "no",
        ),
        # What passes
        (409, top("StorageAccountOperationInProgress"), "StorageAccountOperationInProgress", INFRASTRUCTURE, "on"),
        (
            200,
            deployed(told("Conflict", top("StorageAccountOperationInProgress"))),
            "StorageAccountOperationInProgress",
            INFRASTRUCTURE,
            "on",
        ),
        (409, top("StorageAccountIsNotProvisioned"), "StorageAccountIsNotProvisioned", INFRASTRUCTURE, "on"),
        (409, top("StorageAccountBeingCreated"), "StorageAccountBeingCreated", INFRASTRUCTURE, "on"),
        (409, top("OperationNotAllowed", ADDON), "OperationNotAllowed", INFRASTRUCTURE, "on"),
        (409, top("EtagMismatch", "Another operation is in progress."), "EtagMismatch", INFRASTRUCTURE, "some"),
        (200, deployed(entry("EtagMismatch")), "EtagMismatch", INFRASTRUCTURE, "some"),
        (
            409,
            top("Conflict", "Another conflicting operation may be in progress. Try again later."),
            "Conflict",
            INFRASTRUCTURE,
            "on",
        ),
        (409, web("Conflict", PLAN), "Conflict", INFRASTRUCTURE, "on"),
        (200, deployed(entry("RequestConflict", NOT_TERMINAL)), "RequestConflict", INFRASTRUCTURE, "on"),
        (409, top("AttachDiskWhileBeingDetached"), "AttachDiskWhileBeingDetached", INFRASTRUCTURE, "on"),
        (
            409,
            top("OperationNotAllowedOnVMImageAsVMsBeingProvisioned"),
            "OperationNotAllowedOnVMImageAsVMsBeingProvisioned",
            INFRASTRUCTURE,
            "on",
        ),
        (
            429,
            top("RetryableError", details=[entry("ReferencedResourceNotProvisioned", REFERENCED)]),
            "ReferencedResourceNotProvisioned",
            INFRASTRUCTURE,
            "on",
        ),
        (
            429,
            top(
                "RetryableError",
                details=[entry("ReferencedResourceNotProvisioned", f"{REFERENCED} Resource is in Failed state and")],
            ),
            "ReferencedResourceNotProvisioned",
            INFRASTRUCTURE,
            "some",
        ),
        (
            200,
            deployed(entry("MessagingGatewayTooManyRequests")),
            "MessagingGatewayTooManyRequests",
            INFRASTRUCTURE,
            "on",
        ),
        (200, deployed(entry("DiskServiceInternalError")), "DiskServiceInternalError", INFRASTRUCTURE, "some"),
        (
            200,
            deployed(ended("NetworkingInternalOperationError", "Please retry later.")),
            "NetworkingInternalOperationError",
            INFRASTRUCTURE,
            "some",
        ),
        (
            200,
            {"status": "Failed", **top("InternalServerError", "HttpClient.Timeout")},
            "InternalServerError",
            INFRASTRUCTURE,
            "some",
        ),
        (200, deployed(entry("OperationTimedOut")), "OperationTimedOut", INFRASTRUCTURE, "some"),
        (200, deployed(entry("BadGateway")), "BadGateway", INFRASTRUCTURE, "some"),
        (200, deployed(entry("RequestTimeout")), "RequestTimeout", INFRASTRUCTURE, "on"),
        (200, {"status": "Failed", **top(503)}, "503", INFRASTRUCTURE, "some"),
        (200, {"status": "Failed", **top(409)}, "409", INFRASTRUCTURE, "some"),
        (200, deployed(told("Conflict", top("UnheardOf"))), "UnheardOf", INFRASTRUCTURE, "some"),
        (200, deployed(told("Forbidden", top("UnheardOf"))), "UnheardOf", INFRASTRUCTURE, "some"),
        (409, top("ServerIsBusy", "Cannot complete operation. Try again later."), "ServerIsBusy", INFRASTRUCTURE, "on"),
        (
            200,
            deployed(told("Conflict", top("UnheardOf", "server 'pg' is busy processing another operation."))),
            "UnheardOf",
            INFRASTRUCTURE,
            "on",
        ),
        (
            200,
            deployed(entry("ConflictingServerOperation", "An operation is currently in progress for the server.")),
            "ConflictingServerOperation",
            INFRASTRUCTURE,
            "on",
        ),
        # Entra ID does not know everywhere of a principal that was made a moment ago
        (200, deployed(entry("BadRequest", NO_PRINCIPAL)), "BadRequest", INFRASTRUCTURE, "some"),
        (400, top("BadRequest", NO_MEMBER), "BadRequest", INFRASTRUCTURE, "some"),
        (200, deployed(entry("ServicePrincipalNotFound")), "ServicePrincipalNotFound", INFRASTRUCTURE, "some"),
        # A proxy or gateway has answered
        (404, "default backend - 404", "HTTP 404", INFRASTRUCTURE, "some"),
        (421, "<html>Misdirected Request</html>", "HTTP 421", INFRASTRUCTURE, "on"),
        (425, "", "HTTP 425", INFRASTRUCTURE, "on"),
        (499, "<html>Client Closed Request</html>", "HTTP 499", INFRASTRUCTURE, "on"),
        (413, "<html>Request Entity Too Large</html>", "HTTP 413", INTERNAL, "no"),
        # What somebody has to allow, or to repair
        (409, top("ReadOnlyDisabledSubscription"), "ReadOnlyDisabledSubscription", INFRASTRUCTURE, "no"),
        (403, top("SubscriptionDisabled"), "SubscriptionDisabled", INFRASTRUCTURE, "no"),
        (403, top("RequestDisallowedByAzure"), "RequestDisallowedByAzure", INFRASTRUCTURE, "no"),
        (403, top("RequestDisallowedByPolicy", innererror=POLICY), "RequestDisallowedByPolicy", INFRASTRUCTURE, "no"),
        (409, top("MissingRegistrationForLocation"), "MissingRegistrationForLocation", INFRASTRUCTURE, "no"),
        (200, deployed(ended("OSProvisioningTimedOut")), "OSProvisioningTimedOut", INFRASTRUCTURE, "no"),
        (
            200,
            deployed(ended("VMExtensionProvisioningTimeout")),
            "VMExtensionProvisioningTimeout",
            INFRASTRUCTURE,
            "no",
        ),
        (
            200,
            deployed(ended("VMExtensionHandlerNonTransientError")),
            "VMExtensionHandlerNonTransientError",
            INFRASTRUCTURE,
            "no",
        ),
        (
            200,
            deployed(entry("ResourceDeploymentFailure", details=[entry("FirewallPolicyUpdateFailed")])),
            "FirewallPolicyUpdateFailed",
            INFRASTRUCTURE,
            "no",
        ),
        (
            403,
            top("Forbidden", "Client address is not authorized", innererror={"code": "ForbiddenByFirewall"}),
            "ForbiddenByFirewall",
            INFRASTRUCTURE,
            "no",
        ),
        (
            403,
            top("Forbidden", "Caller is not authorized", innererror={"code": "ForbiddenByRbac"}),
            "ForbiddenByRbac",
            INFRASTRUCTURE,
            "some",
        ),
        # What is taken
        (409, web("Conflict", SITE), "Conflict", EXISTS, "no"),
        (200, deployed(told("Conflict", web("Conflict", SITE))), "Conflict", EXISTS, "no"),
        (
            200,
            {"status": "Failed", **top("Conflict", SITE, details=[{"message": SITE}, {"code": "Conflict"}, {}])},
            "Conflict",
            EXISTS,
            "no",
        ),
        (
            200,
            deployed(entry("HashConflictOnDifferentRoleAssignmentIds")),
            "HashConflictOnDifferentRoleAssignmentIds",
            EXISTS,
            "no",
        ),
        (409, top("AlreadyInUse", "The registry DNS name x is already in use."), "AlreadyInUse", EXISTS, "no"),
        (400, top("BadRequest", "Dns record for x under zone Document is already taken."), "BadRequest", EXISTS, "no"),
        (
            409,
            top("RoleDefinitionWithSameNameExists", "A custom role with the same name already exists."),
            "RoleDefinitionWithSameNameExists",
            EXISTS,
            "no",
        ),
        (409, top("CustomDomainInUse"), "CustomDomainInUse", EXISTS, "no"),
        (409, top("ServiceAlreadyExists", "Api service already exists: x"), "ServiceAlreadyExists", EXISTS, "no"),
        # What is not there
        (404, top("PlatformImageNotFound"), "PlatformImageNotFound", ABSENT, "some"),
        (400, top("RoleDefinitionDoesNotExist"), "RoleDefinitionDoesNotExist", ABSENT, "some"),
        (200, deployed(entry("DiskEncryptionSetNotFound")), "DiskEncryptionSetNotFound", ABSENT, "some"),
        (200, deployed(told("NotFound", top("UnheardOf"))), "UnheardOf", ABSENT, "some"),
        # What is wrong for Azure
        (
            200,
            deployed(told("BadRequest", web("BadRequest", "properties has an invalid value."))),
            "BadRequest",
            INTERNAL,
            "no",
        ),
        (200, deployed(told("BadRequest", top("RequestIsNotValidJson"))), "RequestIsNotValidJson", INTERNAL, "no"),
        (200, deployed(entry("BadRequest", "Bad JSON content found in the request.")), "BadRequest", INTERNAL, "no"),
        (200, deployed(entry("NetcfgSubnetRangesOverlap")), "NetcfgSubnetRangesOverlap", INTERNAL, "no"),
        (200, deployed(entry("NetcfgSubnetRangeOutsideVnet")), "NetcfgSubnetRangeOutsideVnet", INTERNAL, "no"),
        (200, deployed(entry("PrivateIPAddressNotInSubnet")), "PrivateIPAddressNotInSubnet", INTERNAL, "no"),
        (200, deployed(entry("UnmatchedPrincipalType")), "UnmatchedPrincipalType", INTERNAL, "no"),
        (200, deployed(entry("InvalidParameterValue")), "InvalidParameterValue", INTERNAL, "no"),
        (200, deployed(entry("PasswordTooLong")), "PasswordTooLong", INTERNAL, "no"),
        (
            200,
            deployed(entry("DeploymentNameLengthLimitExceeded")),
            "DeploymentNameLengthLimitExceeded",
            INTERNAL,
            "no",
        ),
        (
            200,
            deployed(entry("MultipleErrorsOccurred", details=[entry("BadRequest", "a"), entry("BadRequest", "b")])),
            "BadRequest",
            INTERNAL,
            "no",
        ),
    ],
)
def test_what_a_refusal_means(status: int, body: Any, code: str, failure: str, tries: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    refused = Refused(status, read_cause(text, f"HTTP {status}"))
    often = refused.verdict.restarts if status == 200 else refused.verdict.tries
    what = "no" if not often else "on" if often == UNTIL_TIMEOUT else "some"
    assert (refused.cause.code, refused.verdict.code, what) == (code, failure, tries)


@pytest.mark.parametrize(
    ("code", "message", "failure"),
    [
        ("OperationNotAllowed", "The VM is deallocated", INTERNAL),
        ("BadRequest", "The parameter 'quota' has an invalid value.", INTERNAL),
        ("BadRequest", "A resource in another region already exists.", INTERNAL),
        ("RequestDisallowedByPolicy", "disallowed by policy 'No additional quota'", INFRASTRUCTURE),
        ("SubnetBeingUsed", "m", INFRASTRUCTURE),
        ("NotRetryableError", "m", INFRASTRUCTURE),
        ("InvalidAuthenticationInfo", "m", INFRASTRUCTURE),
    ],
)
def test_words_that_mean_something_else_elsewhere(code: str, message: str, failure: str) -> None:
    verdict = Refused(200, Cause(code, message)).verdict
    assert (verdict.code, verdict.tries) == (failure, 0)


def test_a_long_message_is_cut_after_secrets_are_masked() -> None:
    long = "x" * 3_999 + "," * 1_000_000
    refused = Refused(409, read_cause(top("Unheard", long)), body=long)
    assert len(refused.cause.text) < 4_100
    assert refused.cause.text.endswith(" ...")
    assert refused.body == long


@pytest.mark.parametrize("word", ["exceed ", "dns ", "additional ", "internal", "insufficient"])
@pytest.mark.timeout(10)
def test_a_long_message_or_code_takes_no_time(word: str) -> None:
    assert read_cause(top("Conflict", word * 100_000)).code == "Conflict"
    assert read_cause(top(word.strip() * 1_000)).code.startswith(word.strip())
