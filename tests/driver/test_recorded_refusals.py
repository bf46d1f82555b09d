"""Every refusal and failed operation in the recordings of ARM is read to its deepest code, and judged."""

import json
import re
from collections.abc import Iterator
from typing import Any

from driver.azure.meanings import VAGUE, find_known
from driver.azure.refusals import WRAPPERS, Refused, read_cause
from driver.azure.verdicts import UNTIL_TIMEOUT, Cause
from tests.cases.case import FOLDER
from tests.support.shared import SHARED, needs_shared

# HTTP status (200: an operation or deployment that failed), deepest code, failure code, and whether it is tried again:
# until the time is up (passing), a few times (some), never (final).
TABLE = """
200 BadRequest INTERNAL_ERROR final
200 CanceledAndSupersededDueToAnotherOperation INFRASTRUCTURE_ERROR passing
200 DnsRecordInUse RESOURCE_ALREADY_EXISTS final
200 InvalidParameter INTERNAL_ERROR final
200 MultiPlacementGroupVMScaleSetCannotReferenceBasicLoadbalancer INFRASTRUCTURE_ERROR final
200 NoRegisteredProviderFound INFRASTRUCTURE_ERROR final
400 AccountNameInvalid INTERNAL_ERROR final
400 AccountSetupError INFRASTRUCTURE_ERROR final
400 GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress INTERNAL_ERROR final
400 InUseNetworkSecurityGroupCannotBeDeleted INFRASTRUCTURE_ERROR final
400 InUseSubnetCannotBeDeleted INFRASTRUCTURE_ERROR final
400 InvalidAddressPrefixFormat INTERNAL_ERROR final
400 InvalidCIDRNotation INTERNAL_ERROR final
400 InvalidDomainNameLabel INTERNAL_ERROR final
400 InvalidJson INTERNAL_ERROR final
400 InvalidParameter INTERNAL_ERROR final
400 InvalidPrivateIPAddressFormat INTERNAL_ERROR final
400 InvalidResourceReference RESOURCE_NOT_FOUND some
400 InvalidTemplate INTERNAL_ERROR final
400 InvalidValuesForRequestParameters INTERNAL_ERROR final
400 LocationNotAvailableForResourceGroup INTERNAL_ERROR final
400 LocationNotAvailableForResourceType INTERNAL_ERROR final
400 MustSpecifyBothEncryptionIntentAndEnforcementPolicy INTERNAL_ERROR final
400 NetcfgInvalidDnsServer INTERNAL_ERROR final
400 NetcfgInvalidSubnet INTERNAL_ERROR final
400 NicInUse INFRASTRUCTURE_ERROR final
400 NoRegisteredProviderFound INFRASTRUCTURE_ERROR final
400 PrincipalNotFound INFRASTRUCTURE_ERROR some
400 PublicIPAddressCannotBeDeleted INFRASTRUCTURE_ERROR final
400 QuotaExceeded INSUFFICIENT_CAPACITY final
400 SecurityRuleInvalidAddressPrefix INTERNAL_ERROR final
400 SecurityRuleInvalidPortRange INTERNAL_ERROR final
400 SecurityRuleInvalidPriority INTERNAL_ERROR final
403 AuthorizationFailed INFRASTRUCTURE_ERROR some
403 LinkedAuthorizationFailed INFRASTRUCTURE_ERROR some
404 DeploymentNotFound RESOURCE_NOT_FOUND some
404 InvalidResourceType INTERNAL_ERROR final
404 NotFound RESOURCE_NOT_FOUND some
404 ResourceGroupNotFound RESOURCE_NOT_FOUND some
404 ResourceNotFound RESOURCE_NOT_FOUND some
404 ResourceTypeNotSupported INTERNAL_ERROR final
404 RoleAssignmentNotFound RESOURCE_NOT_FOUND some
409 AnotherOperationInProgress INFRASTRUCTURE_ERROR passing
409 CannotDeleteResource INFRASTRUCTURE_ERROR final
409 DeploymentActive INFRASTRUCTURE_ERROR passing
409 InUseSubnetCannotBeDeleted INFRASTRUCTURE_ERROR final
409 MissingSubscriptionRegistration INFRASTRUCTURE_ERROR final
409 OperationNotAllowed INSUFFICIENT_CAPACITY final
409 OperationNotAllowed INTERNAL_ERROR final
409 PropertyChangeNotAllowed INTERNAL_ERROR final
409 RoleAssignmentExists RESOURCE_ALREADY_EXISTS final
409 ScopeLocked INFRASTRUCTURE_ERROR final
429 429 INFRASTRUCTURE_ERROR passing
429 NamespaceInTransition INFRASTRUCTURE_ERROR passing
429 ReferencedResourceNotProvisioned INFRASTRUCTURE_ERROR passing
429 ResourceRequestsThrottled INFRASTRUCTURE_ERROR passing
429 RetryableErrorDueToAnotherOperation INFRASTRUCTURE_ERROR passing
429 SubscriptionRequestsThrottled INFRASTRUCTURE_ERROR passing
503 ServerTimeout INFRASTRUCTURE_ERROR passing
504 GatewayTimeout INFRASTRUCTURE_ERROR passing
"""
WORDS = {UNTIL_TIMEOUT: "passing", 0: "final"}
EXPECTED = {tuple(line.split()) for line in TABLE.strip().splitlines()}


def refusals() -> Iterator[tuple[int, Any]]:
    """Status and body of all that was refused or failed; a HEAD has no body to read."""
    for path in sorted((SHARED / "recordings").glob("*.json")):
        for interaction in json.loads(path.read_text(encoding="utf-8"))["interactions"]:
            status, body = interaction["response"]["status"], interaction["response"].get("body")
            if status >= 400 and body:
                yield status, body
            elif isinstance(body, dict) and (failure := _failure(body)) is not None:
                yield 200, failure


def _failure(body: dict[str, Any]) -> Any:
    properties = body.get("properties")
    if isinstance(properties, dict) and properties.get("error"):
        return {"error": properties["error"]}
    return body if body.get("status") in ("Failed", "Canceled") or "error" in body else None


def judged(status: int, body: Any) -> tuple[str, ...]:
    text = body if isinstance(body, str) else json.dumps(body)
    refusal = Refused(status, read_cause(text, f"HTTP {status}"))
    verdict = refusal.verdict
    return str(status), refusal.cause.code, str(verdict.code), WORDS.get(verdict.tries, "some")


@needs_shared
def test_every_recorded_refusal_is_read_and_judged() -> None:
    found = {judged(status, body) for status, body in refusals()}
    assert found - EXPECTED == set()
    assert EXPECTED - found == set()


@needs_shared
def test_every_recorded_refusal_has_a_message_to_show() -> None:
    silent = {status for status, body in refusals() if not read_cause(body, "").message}
    assert silent == set()


# Words of the tables of cases that look like codes and are none.
NO_CODES = {
    *("AddRoute", "CheckDrift", "ExpressRoute", "NetworkPolicy", "RootManageSharedAccessKey", "WhatIf"),
    *("Broken", "ServerError"),  # invented by a case
}


def list_codes(value: Any) -> Iterator[str]:
    """The values of `code` in JSON, and in JSON that is text within it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.lower() == "code" and isinstance(inner, str) and "/" not in inner:  # else a status of a machine
                yield inner
            yield from list_codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from list_codes(inner)
    elif isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            yield from list_codes(json.loads(value))
        except ValueError:
            return


@needs_shared
def test_every_code_of_recordings_and_cases_is_known() -> None:
    recordings = (SHARED / "recordings").glob("*.json")
    found = {
        code for path in [*recordings, *FOLDER.glob("*/*.json")] for code in list_codes(json.loads(path.read_text()))
    }
    for path in (SHARED / "cases").glob("*.md"):
        found |= set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][A-Za-z]+)+\b", path.read_text(encoding="utf-8")))
    told = {
        code for code in found if code.isdecimal() or code.lower() in VAGUE | WRAPPERS or find_known(Cause(code, ""))
    }
    assert found - NO_CODES - told == set()
