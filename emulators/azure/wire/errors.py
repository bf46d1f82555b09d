"""Azure's refusals: one table of codes with status, shape and text, as ARM and its services word them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GATEWAY = "gateway"  # ARM itself: {"error": {code, message}} and the header x-ms-failure-cause
NETWORK = "network"  # Microsoft.Network: {"error": {code, message, details: []}}
SERVICE = "service"  # compute, authorization and others: {"error": {code, message[, target]}}
BARE = "bare"  # DNS preconditions: {code, message} without "error"


@dataclass
class Refusal(Exception):
    """An answer with an error; `body()` is the JSON that goes to the client."""

    status: int
    code: str
    message: str
    shape: str = GATEWAY
    target: str | None = None
    details: list[dict[str, Any]] = field(default_factory=list)
    additional_info: list[dict[str, Any]] = field(default_factory=list)
    retry_after: int | None = None

    def error(self) -> dict[str, Any]:
        """The error object: code, target, message, details, additionalInfo, as far as it has them."""
        error: dict[str, Any] = {"code": self.code}
        if self.target is not None:
            error["target"] = self.target
        error["message"] = self.message
        if self.details or self.shape == NETWORK:
            error["details"] = self.details
        if self.additional_info:
            error["additionalInfo"] = self.additional_info
        return error

    def body(self) -> dict[str, Any]:
        return self.error() if self.shape == BARE else {"error": self.error()}


@dataclass(frozen=True)
class Kind:
    """`code`: where it is not the key of the table."""

    status: int
    message: str
    shape: str = GATEWAY
    code: str = ""


_DEPLOY = "Please see https://aka.ms/arm-deploy for usage details."

KINDS: Mapping[str, Kind] = {
    # Requests
    "AuthenticationFailed": Kind(401, "Authentication failed. {reason}"),
    "ExpiredAuthenticationToken": Kind(
        401, "The access token expiry UTC time '{expiry}' is earlier than current UTC time."
    ),
    "InvalidAuthenticationToken": Kind(401, "The access token is invalid."),
    "InvalidAuthenticationTokenTenant": Kind(
        401,
        "The access token is from the wrong issuer. It must match the tenant '{tenant}' associated with this "
        "subscription. Please use the authority (URL) of that tenant to get the token.",
    ),
    "AuthorizationFailed": Kind(
        403,
        "The client '{client}' with object id '{client}' does not have authorization to perform action '{action}' over "
        "scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
    ),
    "InvalidSubscriptionId": Kind(
        400, "The provided subscription identifier '{subscription}' is malformed or invalid."
    ),
    "SubscriptionNotFound": Kind(404, "The subscription '{subscription}' could not be found."),
    "MissingApiVersionParameter": Kind(
        400, "The api-version query parameter (?api-version=) is required for all requests."
    ),
    "InvalidApiVersionParameter": Kind(
        400, "The api-version '{version}' is invalid. The supported versions are '{versions}'."
    ),
    "InvalidRequestContent": Kind(400, "The request content was invalid and could not be deserialized: '{reason}'."),
    "InvalidSkipToken": Kind(400, "The skip token '{token}' is invalid."),
    "MethodNotAllowed": Kind(405, "The requested resource does not support http method '{method}'."),
    "NotSupportedByEmulator": Kind(501, "The embedded Azure does not implement {what}."),
    "InternalServerError": Kind(500, "Encountered internal server error. Diagnostic information: activity id '{id}'."),
    "ServerTimeout": Kind(503, "The request timed out. Diagnostic information: tracking id '{id}'."),
    "SubscriptionRequestsThrottled": Kind(
        429,
        "Number of requests for subscription '{subscription}' and operation '{operation}' exceeded the limit. "
        "Please try again after '{seconds}' seconds.",
        SERVICE,
    ),
    "ResourceRequestsThrottled": Kind(
        429,
        "Number of requests for action '{action}' exceeded the limit of '{limit}' for time interval '00:05:00'. "
        "Please try again after '{seconds}' seconds.",
    ),
    # Resource groups
    "ResourceGroupNotFound": Kind(404, "Resource group '{group}' could not be found."),
    "ResourceGroupBeingDeleted": Kind(
        409, "The resource group '{group}' is in deprovisioning state and cannot perform this operation."
    ),
    "InvalidResourceGroupLocation": Kind(
        409,
        "Invalid resource group location '{location}'. The Resource group already exists in location '{existing}'.",
    ),
    "LocationNotAvailableForResourceGroup": Kind(
        400,
        "The provided location '{location}' is not available for resource group. List of available regions is "
        "'{regions}'.",
    ),
    "InvalidResourceGroup": Kind(400, "The provided resource group name '{group}' is invalid: {reason}."),
    # Resources
    "ResourceNotFound": Kind(
        404,
        "The Resource '{type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    ),
    "ParentResourceNotFound": Kind(
        404,
        "Failed to perform '{action}' on resource(s) of type '{type}', because the parent resource '{parent}' "
        "could not be found.",
    ),
    "NotFound": Kind(404, "Resource {id} not found.", NETWORK),
    "InvalidResourceType": Kind(
        404, "The resource type could not be found in the namespace '{namespace}' for api version '{version}'."
    ),
    "NoRegisteredProviderFound": Kind(
        400,
        "No registered resource provider found for location '{location}' and API version '{version}' for type "
        "'{type}'. "
        "The supported api-versions are '{versions}'. The supported locations are '{regions}'.",
    ),
    "LocationRequired": Kind(400, "The location property is required for this definition."),
    "LocationNotAvailableForResourceType": Kind(
        400,
        "The provided location '{location}' is not available for resource type '{type}'. "
        "List of available regions for the resource type is '{regions}'.",
    ),
    "InvalidResourceLocation": Kind(
        409,
        "The resource '{name}' already exists in location '{existing}' in resource group '{group}'. "
        "A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
    ),
    "ScopeLocked": Kind(
        409,
        "The scope '{id}' cannot perform {verb} operation because following scope(s) are locked: '{locked}'. "
        "Please remove the lock and try again.",
    ),
    "MissingSubscriptionRegistration": Kind(
        409,
        "The subscription is not registered to use namespace '{namespace}'. "
        "See https://aka.ms/rps-not-found for how to register subscriptions.",
    ),
    "CannotDeleteResource": Kind(
        409,
        "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '{child}'. "
        "Please delete all nested resources before deleting this resource.",
    ),
    "RoleAssignmentNotFound": Kind(404, "The role assignment '{name}' is not found.", SERVICE),
    "InvalidParameter": Kind(400, "The resource name '{name}' is invalid. {rule}", SERVICE),
    "InvalidIdentityName": Kind(400, "The identity name '{name}' is invalid. {rule}", SERVICE),
    "BadRequest": Kind(400, "The name '{name}' is invalid. {rule}", SERVICE),
    # Deployments
    "DeploymentNotFound": Kind(404, "Deployment '{name}' could not be found."),
    "DeploymentOperationNotFound": Kind(404, "Deployment operation '{operation}' could not be found."),
    "DeploymentActive": Kind(
        409,
        "Unable to edit or replace deployment '{name}': previous deployment from '{start}' is still active "
        "(expiration time is '{expiry}'). " + _DEPLOY,
    ),
    "DeploymentBeingDeleted": Kind(
        409, "The deployment '{name}' cannot be updated or deleted because it is being deleted or is still active."
    ),
    "DeploymentCannotBeCancelled": Kind(
        409,
        "Deployment '{name}' cannot be cancelled, because its provisioning state is '{state}'. Only an active one "
        "can be.",
    ),
    "InvalidDeployment": Kind(400, "The 'location' property must be specified for '{name}'. " + _DEPLOY),
    "InvalidDeploymentLocation": Kind(
        409,
        "Invalid deployment location '{location}'. The deployment '{name}' already exists in location '{existing}'.",
    ),
    "LocationNotAvailableForDeployment": Kind(
        400,
        "The provided location '{location}' is not available for deployment. List of available regions is '{regions}'.",
    ),
    "DeploymentNameLengthLimitExceeded": Kind(
        400, "The deployment name '{name}' exceeded the maximum allowed length of '64' characters. " + _DEPLOY
    ),
    "DeploymentNameInvalidCharacters": Kind(
        400,
        "The deployment name '{name}' can only contain alphanumeric characters, '-', '_', '.', '(' and ')'. " + _DEPLOY,
    ),
    "InvalidTemplate": Kind(400, "Deployment template validation failed: '{reason}'."),
    "InvalidTemplateDeployment": Kind(
        400,
        "The template deployment '{name}' is not valid according to the validation procedure. The tracking id is "
        "'{id}'. "
        "See inner errors for details. " + _DEPLOY,
    ),
    # Network
    "AnotherOperationInProgress": Kind(
        409,
        "Another operation on this or dependent resource is in progress. "
        "To retrieve status of the operation use uri: {url}.",
        NETWORK,
    ),
    "RetryableError": Kind(429, "A retryable error occurred.", NETWORK),
    "InvalidResourceReference": Kind(
        400,
        "Resource {target} referenced by resource {id} was not found. Please make sure that the referenced "
        "resource exists, "
        "and that both resources are in the same region.",
        NETWORK,
    ),
    "PreconditionFailed": Kind(
        412, "Etag provided in {header} header {value} does not match etag {current} of resource {id}.", NETWORK
    ),
    "DnsPreconditionFailed": Kind(
        412,
        "The condition '{value}' in the {header} header was not satisfied. The current was '{current}'.",
        BARE,
        "PreconditionFailed",
    ),
    "InvalidResourceName": Kind(400, "Resource name {name} is invalid. {rule}", NETWORK),
    # Compute and storage
    "AccountNameInvalid": Kind(
        400,
        "{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        "length "
        "and use numbers and lower-case letters only.",
        SERVICE,
    ),
}


def refusal(code: str, **facts: object) -> Refusal:
    """The refusal of that code, its text filled with `facts`."""
    kind = KINDS[code]
    return Refusal(kind.status, kind.code or code, kind.message.format(**facts), kind.shape)


def unsupported(what: str) -> Refusal:
    """What this emulator does not do, said by name."""
    return refusal("NotSupportedByEmulator", what=what)
