"""What to do about a refusal of ARM: one flat table of its error codes. What is not in it is judged in `meanings`."""

from dataclasses import dataclass, field

from driver.azure.advice import find_advice
from driver.models.events import FailureCode

_EXISTS = FailureCode.RESOURCE_ALREADY_EXISTS
_ABSENT = FailureCode.RESOURCE_NOT_FOUND
_INFRASTRUCTURE = FailureCode.INFRASTRUCTURE_ERROR
_CAPACITY = FailureCode.INSUFFICIENT_CAPACITY
_INTERNAL = FailureCode.INTERNAL_ERROR

UNTIL_TIMEOUT = 1_000_000


@dataclass(frozen=True)
class Verdict:
    """The failure code for a refusal; how often the refused call is tried again (`tries`), and how often an operation
    that has ended so is started again (`restarts`, as often as `tries` if not given); the first wait before that in
    seconds; whether many may wait for the same thing, which Azure does one at a time (`takes_turns`).
    """

    code: FailureCode
    tries: int = 0
    wait: float = 1
    restarts: int = -1
    takes_turns: bool = False

    def __post_init__(self) -> None:
        if self.restarts < 0:
            object.__setattr__(self, "restarts", self.tries)


PASSING = Verdict(_INFRASTRUCTURE, UNTIL_TIMEOUT, takes_turns=True)
FINAL = Verdict(_INFRASTRUCTURE)
# The service has failed, for no reason that it tells. What fails so each time is not repeated for ever.
BROKEN = Verdict(_INFRASTRUCTURE, UNTIL_TIMEOUT, 1, restarts=5)
CONFLICT = Verdict(_INFRASTRUCTURE, 8, 5, restarts=16, takes_turns=True)
PROPAGATING = Verdict(_INFRASTRUCTURE, 6, 10)
_REGISTERING = Verdict(_INFRASTRUCTURE, 30, 10)
_RESERVED = Verdict(_INFRASTRUCTURE, 3, 180)
SCARCE = Verdict(_CAPACITY, 5, 20)
FULL = Verdict(_CAPACITY)
TAKEN = Verdict(_EXISTS)
_PURGED = Verdict(_EXISTS, 10, 60)
MISSING = Verdict(_ABSENT, 1, 5)
WRONG = Verdict(_INTERNAL)

# Sources: learn.microsoft.com "common deployment errors", the recorded refusals, issues of the public tools.
_CODES = (
    (
        PASSING,
        """
        408 429 AnotherOperationInProgress CanceledAndSupersededDueToAnotherOperation ConnectionFailed DeploymentActive
        DeploymentActiveAndUneditable DeploymentBeingDeleted NamespaceInTransition OperationPreempted
        ReferencedResourceNotProvisioned ResourceGroupBeingDeleted ResourceRequestsThrottled RetryableError
        RetryableErrorDueToAnotherOperation ServerBusy SubscriptionRequestsThrottled TooManyRequests""",
    ),
    (
        BROKEN,
        """
        GatewayTimeout InternalError InternalExecutionError InternalOperationError InternalServerError
        NetworkingInternalOperationError OperationTimedOut ServerTimeout ServiceUnavailable""",
    ),
    (
        CONFLICT,
        """
        Conflict ConflictError Locked HubBgpConnectionParentHubMustHaveProvisionedRoutingState PreconditionFailed
        RemotePeeringIsDisconnected RequestConflict""",
    ),
    (
        PROPAGATING,
        """
        AuthorizationFailed ExpiredAuthenticationToken LinkedAuthorizationFailed PrincipalNotFound
        ServicePrincipalNotFound""",
    ),
    (_REGISTERING, "ProviderIsBeingRegistered"),
    (_RESERVED, "NicReservedForAnotherVm"),
    (
        FINAL,
        """
        AccountSetupError AuthenticationFailed Canceled ForbiddenByConnection ForbiddenByFirewall ForbiddenByPolicy
        HttpMethodNotSupported InvalidAuthenticationToken InvalidAuthenticationTokenTenant InvalidSubscriptionId
        InvalidSubscriptionRegistrationState MarketplacePurchaseEligibilityFailed MethodNotAllowed
        MissingRegistrationForLocation MissingSubscriptionRegistration
        MultiPlacementGroupVMScaleSetCannotReferenceBasicLoadbalancer NoRegisteredProviderFound OperationCanceled
        OperationFailed ReadOnlyDisabledSubscription RequestDisallowedByAzure RequestDisallowedByPolicy
        ResourcePurchaseValidationFailed ScopeLocked SubscriptionDisabled SubscriptionNotRegistered
        SubscriptionStateForbidden UntrustedPollingAddress""",
    ),
    (
        FINAL,  # what is in use
        """
        CannotDeleteResource InUseNetworkSecurityGroupCannotBeDeleted InUseRouteTableCannotBeDeleted
        InUseSubnetCannotBeDeleted NatGatewayInUseBySubnet NicInUse PublicIPAddressCannotBeDeleted
        ResourceGroupDeletionBlocked StorageAccountInUse""",
    ),
    (
        SCARCE,
        """
        AllocationFailed DeploymentQuotaExceeded OverconstrainedAllocationRequest OverconstrainedZonalAllocationRequest
        ZonalAllocationFailed""",
    ),
    (
        FULL,
        """
        InsufficientQuota LocationIsOfferRestricted MaxStorageAccountsCountPerSubscriptionExceeded
        NotAvailableForSubscription ProvisioningDisabled PublicIPCountLimitReached QuotaExceeded
        RegionDoesNotAllowProvisioning ResourceQuotaExceeded SkuNotAvailable SubnetIsFull""",
    ),
    (
        TAKEN,
        """
        DnsRecordInUse FlagMustBeSetForRestore HashConflictOnDifferentRoleAssignmentIds InvalidDeploymentLocation
        InvalidResourceGroupLocation
        InvalidResourceLocation RoleAssignmentExists RoleAssignmentUpdateNotPermitted
        ServiceAlreadyExistsInSoftDeletedState StorageAccountAlreadyExists StorageAccountAlreadyTaken
        StorageAccountInAnotherResourceGroup VaultAlreadyExists""",
    ),
    (_PURGED, "NameUnavailable"),
    (
        MISSING,
        """
        DeploymentNotFound ImageNotFound InvalidResourceReference NotFound OperationNotFound ParentResourceNotFound
        PolicyDefinitionNotFound ResourceGroupNotFound ResourceNotFound RoleAssignmentNotFound SubscriptionNotFound""",
    ),
    (
        WRONG,
        """
        AccountNameInvalid AccountPropertyCannotBeSet BadRequest DeploymentJobSizeExceeded
        DeploymentNameInvalidCharacters DeploymentNameLengthLimitExceeded DeploymentOutputEvaluationFailed
        GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress InvalidAddressPrefixFormat InvalidCIDRNotation
        InvalidDeploymentParameterValue InvalidDomainNameLabel InvalidJson InvalidParameter
        InvalidPrivateIPAddressFormat InvalidRequestContent InvalidRequestFormat InvalidResourceGroup
        InvalidResourceName InvalidResourceNamespace InvalidResourceType InvalidTemplate InvalidTemplateDeployment
        InvalidValuesForRequestParameters JobSizeExceeded LinkedInvalidPropertyId LocationNotAvailableForResourceGroup
        LocationNotAvailableForResourceType LocationRequired MismatchingResourceSegments
        MustSpecifyBothEncryptionIntentAndEnforcementPolicy NetcfgInvalidDnsServer NetcfgInvalidSubnet
        OperationNotAllowed PropertyChangeNotAllowed ReservedResourceName ResourceNameInvalid ResourceTypeNotSupported
        SecurityRuleInvalidAddressPrefix SecurityRuleInvalidPortRange SecurityRuleInvalidPriority SubnetsNotInSameVnet
        UnmatchedPrincipalType VaultNameNotValid""",
    ),
)
VERDICTS = {code.lower(): verdict for verdict, codes in _CODES for code in codes.split()}


@dataclass(frozen=True)
class Cause:
    """The deepest cause in an error: code and message, as the service gave them. `outer` is the code around it."""

    code: str
    message: str
    outer: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """Code and message, and what to do about it, where the driver knows."""
        text = ": ".join(filter(None, (self.code, self.message)))
        advice = find_advice(self.code, self.message)
        return f"{text} ({advice})" if advice else text
