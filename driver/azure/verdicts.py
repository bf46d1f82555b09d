"""What to do about a refusal of ARM: one flat table of its error codes, and what a message says beyond its code."""

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
    seconds.
    """

    code: FailureCode
    tries: int = 0
    wait: float = 1
    restarts: int = -1

    def __post_init__(self) -> None:
        if self.restarts < 0:
            object.__setattr__(self, "restarts", self.tries)


PASSING = Verdict(_INFRASTRUCTURE, UNTIL_TIMEOUT)
FINAL = Verdict(_INFRASTRUCTURE)
# The service has failed, for no reason that it tells. What fails so each time is not repeated for ever.
_BROKEN = Verdict(_INFRASTRUCTURE, UNTIL_TIMEOUT, 1, restarts=5)
_CONFLICT = Verdict(_INFRASTRUCTURE, 8, 5)
_PROPAGATING = Verdict(_INFRASTRUCTURE, 6, 10)
_REGISTERING = Verdict(_INFRASTRUCTURE, 30, 10)
_RESERVED = Verdict(_INFRASTRUCTURE, 3, 180)
_SCARCE = Verdict(_CAPACITY, 5, 20)
_FULL = Verdict(_CAPACITY)
_TAKEN = Verdict(_EXISTS)
_PURGED = Verdict(_EXISTS, 10, 60)
_MISSING = Verdict(_ABSENT, 1, 5)
_WRONG = Verdict(_INTERNAL)

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
        _BROKEN,
        """
        GatewayTimeout InternalError InternalExecutionError InternalOperationError InternalServerError
        NetworkingInternalOperationError OperationTimedOut ServerTimeout ServiceUnavailable""",
    ),
    (
        _CONFLICT,
        """
        Conflict ConflictError Locked HubBgpConnectionParentHubMustHaveProvisionedRoutingState PreconditionFailed
        RemotePeeringIsDisconnected RequestConflict""",
    ),
    (_PROPAGATING, "AuthorizationFailed ExpiredAuthenticationToken LinkedAuthorizationFailed PrincipalNotFound"),
    (_REGISTERING, "ProviderIsBeingRegistered"),
    (_RESERVED, "NicReservedForAnotherVm"),
    (
        FINAL,
        """
        AccountSetupError AuthenticationFailed Canceled InvalidAuthenticationToken InvalidAuthenticationTokenTenant
        HttpMethodNotSupported InvalidSubscriptionId MarketplacePurchaseEligibilityFailed MethodNotAllowed
        MissingSubscriptionRegistration MultiPlacementGroupVMScaleSetCannotReferenceBasicLoadbalancer
        NoRegisteredProviderFound OperationCanceled OperationFailed RequestDisallowedByPolicy
        ResourcePurchaseValidationFailed ScopeLocked SubscriptionNotRegistered UntrustedPollingAddress""",
    ),
    (
        FINAL,  # what is in use
        """
        CannotDeleteResource InUseNetworkSecurityGroupCannotBeDeleted InUseRouteTableCannotBeDeleted
        InUseSubnetCannotBeDeleted NatGatewayInUseBySubnet NicInUse PublicIPAddressCannotBeDeleted
        ResourceGroupDeletionBlocked StorageAccountInUse""",
    ),
    (
        _SCARCE,
        """
        AllocationFailed DeploymentQuotaExceeded OverconstrainedAllocationRequest OverconstrainedZonalAllocationRequest
        ZonalAllocationFailed""",
    ),
    (
        _FULL,
        """
        InsufficientQuota PublicIPCountLimitReached QuotaExceeded RegionDoesNotAllowProvisioning ResourceQuotaExceeded
        SkuNotAvailable SubnetIsFull""",
    ),
    (
        _TAKEN,
        """
        DnsRecordInUse FlagMustBeSetForRestore InvalidDeploymentLocation InvalidResourceGroupLocation
        InvalidResourceLocation RoleAssignmentExists RoleAssignmentUpdateNotPermitted
        ServiceAlreadyExistsInSoftDeletedState StorageAccountAlreadyExists StorageAccountAlreadyTaken
        StorageAccountInAnotherResourceGroup VaultAlreadyExists""",
    ),
    (_PURGED, "NameUnavailable"),
    (
        _MISSING,
        """
        DeploymentNotFound ImageNotFound InvalidResourceReference NotFound OperationNotFound ParentResourceNotFound
        PolicyDefinitionNotFound ResourceGroupNotFound ResourceNotFound RoleAssignmentNotFound SubscriptionNotFound""",
    ),
    (
        _WRONG,
        """
        AccountNameInvalid BadRequest DeploymentNameInvalidCharacters DeploymentNameLengthLimitExceeded
        DeploymentOutputEvaluationFailed GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress
        InvalidAddressPrefixFormat InvalidCIDRNotation InvalidDeploymentParameterValue InvalidDomainNameLabel
        InvalidJson InvalidParameter InvalidPrivateIPAddressFormat InvalidRequestContent InvalidRequestFormat
        InvalidResourceGroup InvalidResourceName InvalidResourceNamespace InvalidResourceType InvalidTemplate
        InvalidTemplateDeployment InvalidValuesForRequestParameters JobSizeExceeded LocationNotAvailableForResourceGroup
        LocationNotAvailableForResourceType LocationRequired MustSpecifyBothEncryptionIntentAndEnforcementPolicy
        NetcfgInvalidDnsServer NetcfgInvalidSubnet OperationNotAllowed PropertyChangeNotAllowed ReservedResourceName
        ResourceNameInvalid ResourceTypeNotSupported SecurityRuleInvalidAddressPrefix SecurityRuleInvalidPortRange
        SecurityRuleInvalidPriority VaultNameNotValid""",
    ),
)
VERDICTS = {code.lower(): verdict for verdict, codes in _CODES for code in codes.split()}

# What a message says counts more than its code: words of it in lower case, the codes that they belong to in lower case
# (none: all), the verdict.
DENIED = "authorization failed for template resource"  # ARM's preflight: the principal may not write a resource
_WORDS: tuple[tuple[str, tuple[str, ...], Verdict], ...] = (
    (DENIED, (), _PROPAGATING),
    ("high demand", ("serviceunavailable", "allocationfailed"), _SCARCE),
    ("cannot acquire exclusive lock", (), PASSING),
    ("not in terminal state", ("400", "badrequest", "conflict", "operationnotallowed"), PASSING),
    ("rate limit of", ("badrequest", "operationnotallowed"), PASSING),
    ("in progress", ("conflict", "operationnotallowed"), PASSING),
    ("quota", ("operationnotallowed",), _FULL),
    ("cores", ("operationnotallowed",), _FULL),
    ("deleted state", ("conflict", "conflicterror", "nameunavailable", "vaultalreadyexists"), _TAKEN),
    ("soft-deleted", ("conflict", "conflicterror", "nameunavailable", "vaultalreadyexists"), _TAKEN),
)
_OF_STATUS = {400: _WRONG, 401: _PROPAGATING, 403: _PROPAGATING, 404: _MISSING}
_OF_STATUS |= dict.fromkeys((409, 412, 423), _CONFLICT)


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


def find_verdict(cause: Cause, status: int) -> Verdict:
    """The verdict on a refusal: by the words of its message, by its HTTP status if that is a passing error, by its
    code, else by its status.
    """
    code, message = cause.code.lower(), cause.message.lower()
    for words, codes, verdict in _WORDS:
        if words in message and (not codes or code in codes):
            return verdict
    if status in (408, 429) or (status >= 500 and status != 501):
        return PASSING
    known = VERDICTS.get(code)
    if known is not None:
        return known
    if cause.outer.lower() in ("conflict", "preconditionfailed"):
        return _CONFLICT
    return _OF_STATUS.get(status, FINAL)
