"""Refusals of ARM and Entra ID in every shape: their deepest cause, and what is to be done."""

import json
from typing import Any

import pytest

from driver.azure import verdicts
from driver.azure.advice import name_plans
from driver.azure.meanings import find_verdict
from driver.azure.refusals import Refused, read_cause
from driver.azure.verdicts import UNTIL_TIMEOUT, VERDICTS, Cause
from driver.models.events import FailureCode


def error(code: str, message: str = "m", **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, **more}


def failed(*details: Any) -> dict[str, Any]:
    """A failed deployment."""
    return {
        "error": error("DeploymentFailed", "At least one resource deployment operation failed", details=list(details))
    }


QUOTA = error("QuotaExceeded", "no cores left")
NESTED = json.dumps({"error": error("InUse", "held")}, indent=2).replace("\n", "\r\n")
DEEP: dict[str, Any] = error("Deepest")
for _ in range(200):
    DEEP = error("DeploymentFailed", details=[DEEP])


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": error("A")}, "A", "m"),
        (error("A"), "A", "m"),
        (json.dumps({"error": error("A")}), "A", "m"),
        ({"Error": {"Code": "A", "Message": "m", "Target": None, "Details": None}}, "A", "m"),
        ({"Code": "429", "Message": "busy", "Details": [{"Message": "busy"}]}, "429", "busy"),
        ({"error": error("A", details=[])}, "A", "m"),
        ({"error": error("A", details=None)}, "A", "m"),
        ({"error": error("A", details=[None, 5, "text", []])}, "A", "m"),
        ({"error": error("A", details={"code": "B", "message": "b"})}, "B", "b"),
        ({"error": error("A", details=7)}, "A", "m"),
        ({"error": error("A", details="text")}, "A", "m"),
        ({"error": {"code": 5, "message": {"a": 1}}}, "5", "{'a': 1}"),
        ({"error": {"message": "only words"}}, "otherwise", "only words"),
        ({"error": "invalid_client"}, "otherwise", "invalid_client"),
        ({"error": json.dumps(error("A"))}, "A", "m"),
        ({"error": {}}, "otherwise", ""),
        (failed(QUOTA), "QuotaExceeded", "no cores left"),
        (failed(error("BadRequest", NESTED)), "InUse", "held"),
        (failed(error("Conflict", json.dumps({"status": "Failed", "error": failed(QUOTA)["error"]}))), *QUOTA.values()),
        (failed(failed(failed(QUOTA)["error"])["error"]), "QuotaExceeded", "no cores left"),
        ({"error": error("ResourceDeploymentFailure", details=[failed(QUOTA)])}, "QuotaExceeded", "no cores left"),
        ({"error": error("AllocationFailed", details=[error("BadRequest", "vague")])}, "AllocationFailed", "m"),
        ({"error": error("BadRequest", details=[error("NotFound", "vague")])}, "NotFound", "vague"),
        ({"statusMessage": json.dumps({"error": QUOTA})}, "QuotaExceeded", "no cores left"),
        ("", "otherwise", ""),
        ("plain words", "otherwise", "plain words"),
        ("<html><body>404</body></html>", "otherwise", ""),
        ("{not json", "otherwise", "{not json"),
        ("null", "otherwise", "null"),
        ([], "otherwise", ""),
        (None, "otherwise", ""),
        ({}, "otherwise", ""),
    ],
)
def test_the_deepest_cause(body: Any, code: str, message: str) -> None:
    assert read_cause(body, "otherwise") == Cause(code, message)


@pytest.mark.parametrize("body", [DEEP, json.dumps(DEEP), '{"error":' * 5000, "[" * 5000])
def test_no_depth_is_too_deep(body: Any) -> None:
    assert read_cause(body, "otherwise").code in ("DeploymentFailed", "otherwise")


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ((error("RetryableError"), QUOTA), "QuotaExceeded"),
        ((QUOTA, error("RetryableError")), "QuotaExceeded"),
        ((error("RetryableError"), error("OperationNotAllowed", "quota of cores")), "OperationNotAllowed"),
        ((error("Unheard"), error("RetryableError")), "RetryableError"),
        ((error("Unheard"), error("UnheardToo")), "Unheard"),
        ((error("Canceled"), error("Unheard")), "Unheard"),
        ((error("Canceled"),), "Canceled"),
        ((error("AnotherOperationInProgress"), error("RetryableError")), "AnotherOperationInProgress"),
    ],
)
def test_of_several_causes_the_one_that_no_retry_mends(details: Any, code: str) -> None:
    assert read_cause(failed(*details)).code == code


@pytest.mark.parametrize(
    ("code", "status", "failure", "tries"),
    [
        ("Anything", 429, "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("Anything", 408, "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("QuotaExceeded", 500, "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("Anything", 503, "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("ConnectionFailed", 0, "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("AuthenticationFailed", 0, "INFRASTRUCTURE_ERROR", 0),
        ("Unheard", 400, "INTERNAL_ERROR", 0),
        ("Unheard", 401, "INFRASTRUCTURE_ERROR", 6),
        ("Unheard", 403, "INFRASTRUCTURE_ERROR", 6),
        ("Unheard", 404, "RESOURCE_NOT_FOUND", 1),
        ("Unheard", 409, "INFRASTRUCTURE_ERROR", 8),
        ("Unheard", 418, "INFRASTRUCTURE_ERROR", 0),
        ("Unheard", 200, "INFRASTRUCTURE_ERROR", 0),
        ("quotaEXCEEDED", 409, "INSUFFICIENT_CAPACITY", 0),
        ("SkuNotAvailable", 409, "INSUFFICIENT_CAPACITY", 0),
        ("AllocationFailed", 200, "INSUFFICIENT_CAPACITY", 5),
        ("Unheard", 412, "INFRASTRUCTURE_ERROR", 8),
        ("429", 200, "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("MissingSubscriptionRegistration", 409, "INFRASTRUCTURE_ERROR", 0),
        ("NoRegisteredProviderFound", 200, "INFRASTRUCTURE_ERROR", 0),
        ("DeploymentOutputEvaluationFailed", 200, "INTERNAL_ERROR", 0),
        ("InvalidDeploymentLocation", 409, "RESOURCE_ALREADY_EXISTS", 0),
        ("InvalidResourceGroupLocation", 409, "RESOURCE_ALREADY_EXISTS", 0),
        ("RoleAssignmentUpdateNotPermitted", 400, "RESOURCE_ALREADY_EXISTS", 0),
        ("FlagMustBeSetForRestore", 409, "RESOURCE_ALREADY_EXISTS", 0),
        ("NameUnavailable", 409, "RESOURCE_ALREADY_EXISTS", 10),
        ("HubBgpConnectionParentHubMustHaveProvisionedRoutingState", 400, "INFRASTRUCTURE_ERROR", 8),
        ("RemotePeeringIsDisconnected", 400, "INFRASTRUCTURE_ERROR", 8),
        ("StorageAccountAlreadyTaken", 409, "RESOURCE_ALREADY_EXISTS", 0),
        ("DeploymentActive", 409, "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
    ],
)
def test_verdicts(code: str, status: int, failure: str, tries: int) -> None:
    found = find_verdict(Cause(code, ""), status)
    assert (found.code, found.tries) == (failure, tries)


@pytest.mark.parametrize(
    ("code", "message", "failure", "tries"),
    [
        ("OperationNotAllowed", "Operation results in exceeding quota limits of Core", "INSUFFICIENT_CAPACITY", 0),
        ("OperationNotAllowed", "The VM is deallocated", "INTERNAL_ERROR", 0),
        ("OperationNotAllowed", "another operation is in progress", "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("OperationNotAllowed", "Cannot acquire exclusive lock to ...", "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("Unheard", "Cannot acquire exclusive lock to ...", "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("BadRequest", "Rate limit of 200 per 30 seconds is reached.", "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("400", "Resource x is not in terminal state.", "INFRASTRUCTURE_ERROR", UNTIL_TIMEOUT),
        ("ServiceUnavailable", "We are experiencing high demand in North Europe.", "INSUFFICIENT_CAPACITY", 5),
        ("ConflictError", "A vault with the same name already exists in deleted state.", "RESOURCE_ALREADY_EXISTS", 0),
        ("ConflictError", "The vault is being updated.", "INFRASTRUCTURE_ERROR", 8),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_words_of_a_message_count_more_than_its_code(
    code: str, message: str, failure: str, tries: int, status: int
) -> None:
    found = find_verdict(Cause(code, message), status)
    if (status == 503 and "deallocated" in message) or "being updated" in message:
        assert found.tries
    else:
        assert (found.code, found.tries) == (failure, tries)


def test_an_unknown_code_within_a_conflict_is_one() -> None:
    inner = json.dumps({"error": error("Unheard")})
    cause = read_cause(failed(error("Conflict", inner)))
    assert (cause.code, find_verdict(cause, 200).tries) == ("Unheard", 8)
    assert find_verdict(read_cause(failed(error("BadRequest", inner))), 200).tries == 0


def test_the_status_429_within_an_error_tells_more_than_the_code_around_it() -> None:
    assert read_cause(failed(error("BadRequest", details=[error("429", "busy")]))) == Cause("429", "busy")
    assert read_cause({"error": error("Blocked", details=[error("409", "busy")])}) == Cause("Blocked", "busy")


@pytest.mark.parametrize("code", ["InternalServerError", "ServiceUnavailable", "AllocationFailed"])
def test_what_fails_so_each_time_is_not_started_again_for_ever(code: str) -> None:
    assert find_verdict(Cause(code, ""), 200).restarts == 5


def test_a_throttled_deployment_is_started_again_until_the_timeout() -> None:
    assert find_verdict(Cause("TooManyRequests", ""), 200).restarts == UNTIL_TIMEOUT


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        ("FlagMustBeSetForRestore", "m", "purge it, recover it, or take another name"),
        ("ConflictError", "it exists in deleted state", "purge it, recover it, or take another name"),
        ("ConflictError", "it exists in deleted state", "a Delete with `softDelete: {purgeOnDelete: true}`"),
        (
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use namespace 'Microsoft.EventHub'.",
            "az provider register --namespace Microsoft.EventHub",
        ),
        (
            "MarketplacePurchaseEligibilityFailed",
            "Offer with PublisherId: contoso, OfferId: router cannot be purchased: legal terms ...",
            "offer 'router': az vm image terms accept --publisher contoso --offer router --plan PLAN",
        ),
        (
            "ResourcePurchaseValidationFailed",
            "You have not accepted the legal terms. Offer details: publisher='contoso' offer = 'router', sku = 'byol',",
            "az vm image terms accept --publisher contoso --offer router --plan byol",
        ),
    ],
)
def test_a_cause_says_what_to_do(code: str, message: str, advice: str) -> None:
    assert advice in Cause(code, message).text
    assert Cause(code, message).text.startswith(f"{code}: {message}")


def test_a_container_of_deleted_things_holds_back_no_name() -> None:
    message = "Vault cannot be deleted as there are backup items in soft deleted state in the vault."
    assert Cause("ServiceResourceNotEmptyWithBackendMessage", message).text.endswith(message)


def test_the_offer_that_an_inner_error_names_is_in_the_text() -> None:
    inner = error("BadRequest", "Offer with PublisherId: contoso, OfferId: router cannot be purchased")
    outer = error(
        "MarketplacePurchaseEligibilityFailed", "Marketplace ... See inner errors for details.", details=[inner]
    )
    cause = read_cause({"error": outer})
    assert cause.code == "MarketplacePurchaseEligibilityFailed"
    assert "--publisher contoso --offer router" in cause.text


PLANS = (("contoso", "router", "byol"), ("contoso", "router-2", "hourly"))
ACCEPT = "az vm image terms accept --publisher contoso --offer"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Offer with PublisherId: Contoso, OfferId: Router: legal terms", f"'Router': {ACCEPT} router --plan byol)"),
        (
            "Offer with PublisherId: 'contoso', OfferId: 'router-2': legal terms",
            f"'router-2': {ACCEPT} router-2 --plan hourly)",
        ),
        (
            "You have not accepted the legal terms on this subscription for this plan.",
            f"(accept the terms: {ACCEPT} router --plan byol; {ACCEPT} router-2 --plan hourly)",
        ),
        ("Offer with PublisherId: contoso, OfferId: other: legal terms", f"{ACCEPT} other --plan PLAN)"),
        ("something else", "Code: something else"),
    ],
)
def test_the_plan_of_an_offer_is_that_of_the_template(message: str, told: str) -> None:
    assert name_plans(Cause("Code", message).text, PLANS).endswith(told)
    assert name_plans(Cause("Code", message).text, ()) == Cause("Code", message).text


def test_the_table_holds_every_failure_code() -> None:
    assert {one.code for one in VERDICTS.values()} == set(FailureCode)
    assert len(VERDICTS) == len([code for _, codes in verdicts._CODES for code in codes.split()])


@pytest.mark.parametrize(
    ("status", "code", "absent"),
    [
        (404, "ResourceNotFound", True),
        (404, "ResourceGroupNotFound", True),
        (404, "ParentResourceNotFound", True),
        (404, "NotFound", True),
        (404, "DeploymentNotFound", True),
        (200, "ResourceGroupNotFound", False),
        (404, "InvalidResourceType", False),
        (404, "InvalidResourceNamespace", False),
        (404, "SubscriptionNotFound", False),
        (404, "HTTP 404", False),
        (200, "Unheard", False),
        (403, "AuthorizationFailed", False),
        (0, "ConnectionFailed", False),
    ],
)
def test_absence_is_only_what_says_that_the_thing_is_not_there(status: int, code: str, absent: bool) -> None:
    assert Refused(status, Cause(code, "")).is_absence is absent


def test_the_text_of_a_cause() -> None:
    assert Cause("A", "m").text == "A: m"
    assert Cause("A", "").text == "A"
    assert Cause("", "m").text == "m"
