"""The precheck of a deployment, step by step, through the real SDK against a stub of ARM."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driver import settings
from driver.azure import connection, providers, registrations
from driver.models.events import FailureCode
from driver.models.orders import AzureLocation, Deploy, Order, Precheck
from driver.models.outcomes import Outcome
from driver.packages.catalogue import list_built_in_names, load_built_in
from driver.packages.templates import walk_resources
from driver.resource_ids import GROUP_TYPE, ResourceId
from driver.steps import prechecks
from driver.steps.prechecks import PrecheckState, precheck_deployment
from driver.steps.states import DeployState
from driver.telemetry import bind_fields
from driver.topology import name_entries
from tests.support.arm_stub import DROP, Asked, Raw, Reply, Stub
from tests.support.arm_world import GROUP, World, error, name
from tests.support.requests import NEEDLE, SUBSCRIPTION

ROOT = Path(__file__).parents[2]
A = name("Contoso.Play/things/a")
PART = name("Contoso.Play/things/a/parts/p")
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
VALIDATE, PERMISSIONS, PROVIDER = (
    r"/validate\?",
    r"/Microsoft\.Authorization/permissions\?",
    r"/providers/contoso\.play\?",
)
OF_GROUP = f"{GROUP}/providers/Microsoft.Authorization/permissions"
ALL = Reply(body={"value": [{"actions": ["*"], "notActions": []}]})
DENIED = (
    "The template deployment failed with error: 'Authorization failed for template resource 'a' of type "
    "'Contoso.Play/things'. The client 'c' with object id 'o' does not have permission to perform action "
    f"'Contoso.Play/things/write' at scope '{A}'.'."
)


def thing(letter: str = "a", kind: str = "Contoso.Play/things", **more: Any) -> dict[str, Any]:
    return {"type": kind, "apiVersion": "2024-05-01", "name": letter, **more}


def valid(*ids: str) -> Reply:
    resources = [{"id": one} for one in ids]
    return Reply(body={"properties": {"provisioningState": "Succeeded", "validatedResources": resources}})


def roles(*actions: str, but: tuple[str, ...] = ()) -> Reply:
    return Reply(body={"value": [{"actions": list(actions), "notActions": list(but)}]})


def invalid(*details: dict[str, Any], code: str = "InvalidTemplateDeployment") -> Reply:
    return Reply(400, {"error": {"code": code, "message": "See inner errors.", "details": list(details)}})


@pytest.fixture
def world(stub: Stub, location: AzureLocation) -> Iterator[World]:
    registrations._registered.clear()
    providers._known.clear()
    yield World(stub, location)
    registrations._registered.clear()


def build_order(world: World, *resources: dict[str, Any], owned: tuple[str, ...] = (), **options: Any) -> Order:
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources or [thing()])}
    own: dict[str, Any] = {"parameters": {}, "scope": "resourceGroup", "resource_group": "rg-1", **options}
    deploy = Deploy(package="driverFiles", file="main.json", template=template, name="d-1", **own)
    topology = name_entries(map(ResourceId.parse, owned), home=ResourceId.parse(GROUP))
    work = deploy if deploy.precheck else Precheck(deploy=deploy)
    return Order(request_id="r", location=world.location, topology={**topology}, work=work)


def check(world: World, *resources: dict[str, Any], state: PrecheckState | None = None, **options: Any) -> Outcome:
    """The outcome of one step. What a test has not said is answered as if nothing were wrong."""
    world.say("POST", VALIDATE, valid(A))
    world.say("GET", PERMISSIONS, ALL)
    return precheck_deployment(build_order(world, *resources, **options), state or PrecheckState(), 0)


def read_state(outcome: Outcome) -> PrecheckState:
    return PrecheckState.model_validate(outcome.model_dump(mode="json")["state"])


def test_where_nothing_is_wrong_it_completes_and_has_written_nothing(world: World) -> None:
    outcome = check(world)
    assert (outcome.kind, outcome.outputs, outcome.topology, outcome.warnings) == ("Completed", {}, {}, ())
    assert len(world.calls("POST")) == 1
    assert not world.calls("PUT") + world.calls("DELETE") + world.calls("PATCH")
    asked = next(one for one in world.stub.asked if one.method == "POST")
    assert json.loads(asked.body)["properties"]["validationLevel"] == "Provider"


def test_before_a_deployment_its_look_follows(world: World) -> None:
    outcome = check(world, precheck=True)
    assert (outcome.kind, outcome.state) == ("Succeeded", DeployState())


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (invalid({"code": "QuotaExceeded", "message": "of Core"}), "INSUFFICIENT_CAPACITY", "QuotaExceeded: of Core"),
        (
            invalid({"code": "RequestDisallowedByPolicy", "message": "by P"}),
            "INFRASTRUCTURE_ERROR",
            "RequestDisallowedByPolicy: by P",
        ),
        (error(403, "RequestDisallowedByPolicy", "by P"), "INFRASTRUCTURE_ERROR", "RequestDisallowedByPolicy: by P"),
        (
            invalid(
                {
                    "code": "PreflightValidationCheckFailed",
                    "details": [{"code": "AccountNameInvalid", "target": "x", "message": "x is no name"}],
                }
            ),
            "INTERNAL_ERROR",
            "AccountNameInvalid: x is no name",
        ),
        (error(400, "InvalidTemplate", "no parameter"), "INTERNAL_ERROR", "InvalidTemplate: no parameter"),
        (error(409, "InvalidResourceLocation", "elsewhere"), "RESOURCE_ALREADY_EXISTS", "elsewhere"),
        (invalid({"code": "ResourceNotFound", "message": "no vault"}), "RESOURCE_NOT_FOUND", "no vault"),
        (invalid({"code": "SkuNotAvailable", "message": "no sku"}), "INSUFFICIENT_CAPACITY", "no sku"),
        (error(400, "InvalidTemplateDeployment", DENIED), "INFRASTRUCTURE_ERROR", "Contoso.Play/things/write"),
        (
            error(403, "AuthorizationFailed", "may not do 'Contoso.Play/things/write'"),
            "INFRASTRUCTURE_ERROR",
            "may not",
        ),
        (Reply(200, {"error": {"code": "InvalidTemplate", "message": "in a 200"}}), "INTERNAL_ERROR", "in a 200"),
        (error(400, "NewCodeOfAzure", "wrong"), "INTERNAL_ERROR", "NewCodeOfAzure: wrong"),
    ],
)
def test_what_arm_finds_is_a_fault(world: World, answer: Reply, code: str, told: str) -> None:
    world.say("POST", VALIDATE, answer)
    outcome = check(world)
    assert (outcome.kind, outcome.code, outcome.warnings) == ("Failed", code, ())
    assert outcome.reason.startswith("the precheck has found ")
    assert told in outcome.reason


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            error(403, "AuthorizationFailed", "perform 'Microsoft.Resources/deployments/validate/action' over"),
            "validate/action",
        ),
        (error(404, "ResourceGroupNotFound", "no group 'rg-1'"), "no group 'rg-1'"),
        (Reply(404, Raw("<html>gone</html>")), "HTTP 404"),
        (Reply(403, Raw("<html>stop</html>")), "HTTP 403"),
        (Reply(400, Raw("<html>what</html>")), "ARM has not validated"),
        (Reply(200, Raw("<html>sign in</html>")), "no JSON"),
        (Reply(200, Raw("[]")), "no result"),
        (error(503, "ServerTimeout"), "ServerTimeout"),
        (error(501, "NotSupported"), "NotSupported"),
        (error(429, "TooManyRequests"), "TooManyRequests"),
        (error(409, "AnotherOperationInProgress"), "AnotherOperationInProgress"),
        (invalid({"code": "AllocationFailed", "message": "try later"}), "try later"),
        (error(401, "ExpiredAuthenticationToken"), "ExpiredAuthenticationToken"),
        (Reply(DROP), "cannot be reached"),
    ],
)
def test_a_validation_that_cannot_be_had_is_a_warning(world: World, answer: Reply, told: str) -> None:
    world.say("POST", VALIDATE, answer)
    outcome = check(world)
    assert outcome.kind == "Completed"
    (warning,) = outcome.warnings
    assert warning.startswith("ARM has not validated the deployment: ")
    assert told in warning


@pytest.mark.parametrize(
    "answer",
    [
        error(403, "AuthorizationFailed"),
        error(404, "InvalidResourceType"),
        Reply(404, Raw("<html>gone</html>")),
        Reply(200, Raw("<html>sign in</html>")),
        Reply(200, {"something": "else"}),
        error(500, "InternalServerError"),
        error(429, "TooManyRequests"),
        Reply(DROP),
    ],
)
@pytest.mark.parametrize(
    ("url", "told"),
    [
        (PERMISSIONS, f"the permissions at {GROUP} cannot be read: "),
        (PROVIDER, "the registration of Contoso.Play cannot be read: "),
    ],
)
def test_permissions_and_registrations_that_cannot_be_had_are_warnings(
    world: World, url: str, told: str, answer: Reply
) -> None:
    if url == PROVIDER and answer.body == {"something": "else"}:
        answer = Reply(200, {})  # of a provider any object is an answer
    world.say("GET", url, answer)
    outcome = check(world)
    assert outcome.kind == "Completed"
    (warning,) = outcome.warnings
    assert warning.startswith(told)


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (roles(), "Microsoft.Resources/deployments/write"),
        (roles("*/read"), "Contoso.Play/things/delete, Contoso.Play/things/write"),
        (roles("*", but=("Contoso.*/Write",)), "may not do Contoso.Play/things/write at"),
        (
            roles("Microsoft.Resources/deployments/*", "contoso.play/*/WRITE"),
            "may not do Contoso.Play/things/delete at",
        ),
        (
            roles("*", but=("Microsoft.Resources/deployments/*",)),
            "Microsoft.Resources/deployments/operationStatuses/read",
        ),
    ],
)
def test_a_missing_permission_is_a_fault(world: World, answer: Reply, missing: str) -> None:
    world.say("GET", PERMISSIONS, answer)
    outcome = check(world)
    assert (outcome.kind, outcome.code) == ("Failed", "INFRASTRUCTURE_ERROR")
    assert missing in outcome.reason
    assert f"the application {world.location.client_id} may not do " in outcome.reason
    assert f" at {GROUP}" in outcome.reason


def test_what_has_no_arm_id_needs_no_permission(world: World) -> None:
    world.say("POST", VALIDATE, valid(A, "graph-group"))
    world.say("GET", PERMISSIONS, roles("Microsoft.Resources/deployments/*", "Contoso.Play/*"))
    assert check(world).kind == "Completed"


def test_what_one_role_excepts_another_may_allow(world: World) -> None:
    one = {"actions": ["*"], "notActions": ["Contoso.Play/*"]}
    other = {"actions": ["Contoso.Play/things/*"], "notActions": []}
    world.say("GET", PERMISSIONS, Reply(body={"value": [one, other]}))
    assert check(world).kind == "Completed"


def test_all_pages_of_the_permissions_are_read(world: World) -> None:
    page = {"value": [{"actions": ["*/read"]}], "nextLink": f"{world.stub.url}{OF_GROUP}?page=2"}
    world.say("GET", rf"{OF_GROUP}\?page=2", ALL)
    world.say("GET", PERMISSIONS, Reply(body=page))
    assert check(world).kind == "Completed"


def test_a_role_at_the_resource_itself_counts(world: World) -> None:
    """A network that others have made, on which the principal has a role, though not in its group."""
    world.say("POST", VALIDATE, valid(PART))
    world.say("GET", rf"{A}/providers{PERMISSIONS}", ALL)
    world.say("GET", rf"{PART}/providers{PERMISSIONS}", error(404, "ResourceNotFound", "not found"))
    world.say("GET", PERMISSIONS, roles("Microsoft.Resources/deployments/*"))
    assert check(world, thing("a/p", "Contoso.Play/things/parts")).kind == "Completed"


def test_nothing_is_to_be_deleted_of_what_existed_and_is_not_owned(world: World) -> None:
    world.add(A)
    world.say("GET", PERMISSIONS, roles("*", but=("*/delete",)))
    (warning,) = check(world).warnings
    assert warning.endswith(f"may not do Microsoft.Resources/deployments/delete at {GROUP}")
    assert "Contoso.Play/things/delete" in check(world, owned=(A,)).reason


def test_nothing_is_to_be_deleted_of_what_is_retained_or_goes_with_its_parent(world: World) -> None:
    world.say("POST", VALIDATE, valid(A, PART))
    answer = roles("*", but=("Contoso.Play/things/parts/delete",))
    world.say("GET", PERMISSIONS, answer, times=1)
    assert check(world).kind == "Completed"
    kept = World(world.stub, world.location)
    kept.say("GET", PERMISSIONS, roles("*", but=("Contoso.Play/*/delete",)))
    assert check(kept, kept=("contoso.play/THINGS",)).kind == "Completed"
    assert check(kept, kept=("*",)).kind == "Completed"
    assert check(kept, kept=("Contoso.Play/others",)).kind == "Failed"


def test_while_the_group_does_not_exist_the_permissions_of_the_subscription_count(world: World) -> None:
    gone = error(404, "ResourceGroupNotFound", "no group 'rg-1'")
    world.say("POST", VALIDATE, gone)
    world.say("GET", OF_GROUP, gone)
    world.say("GET", PERMISSIONS, roles("*/read"))
    outcome = check(world)
    assert outcome.kind == "Failed"
    assert "Contoso.Play/things/write" in outcome.reason
    (warning,) = outcome.warnings[:1]
    assert "no group 'rg-1'" in warning


def test_what_a_deployment_of_the_subscription_makes_in_other_groups_is_asked_for_there(world: World) -> None:
    """The principal may do nothing but deploy in the subscription, and everything in one of the groups."""
    other = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-2"
    world.say("POST", VALIDATE, valid(A, f"{other}/providers/Contoso.Play/things/b"))
    world.say("GET", rf"{GROUP}/providers{PERMISSIONS}", ALL)
    world.say("GET", rf"{other}/providers{PERMISSIONS}", roles("*/read"))
    world.say("GET", PERMISSIONS, roles("Microsoft.Resources/*"))
    outcome = check(world, scope="subscription", resource_group="", location="northeurope")
    assert outcome.kind == "Failed"
    assert f"Contoso.Play/things/write at {other}" in outcome.reason
    assert GROUP not in outcome.reason


def test_a_group_that_the_deployment_makes_is_written_and_deleted_as_such(world: World) -> None:
    world.say("POST", VALIDATE, valid(GROUP, A))
    world.say("GET", rf"{GROUP}/providers{PERMISSIONS}", error(404, "ResourceGroupNotFound"))
    world.say("GET", PERMISSIONS, roles("Microsoft.Resources/deployments/*", "Contoso.Play/things/write"))
    outcome = check(world, scope="subscription", resource_group="", location="northeurope")
    actions = "Microsoft.Resources/subscriptions/resourceGroups"
    assert f"{actions}/delete, {actions}/write at /subscriptions/{SUBSCRIPTION}" in outcome.reason
    assert "Contoso.Play" not in outcome.reason


UNREGISTERED = Reply(body={"registrationState": "NotRegistered", "registrationPolicy": "RegistrationRequired"})


def test_a_provider_that_the_driver_registers_is_no_fault_and_is_not_registered_by_the_precheck(world: World) -> None:
    world.say("GET", PROVIDER, UNREGISTERED)
    text = "The subscription is not registered to use namespace 'Contoso.Play'."
    world.say("POST", VALIDATE, error(409, "MissingSubscriptionRegistration", text))
    outcome = check(world)
    assert outcome.kind == "Completed"
    assert [one for one in outcome.warnings if "the driver registers it" in one]
    assert not world.calls("POST", "/register")


def test_a_provider_that_nobody_registers_is_a_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTER_PROVIDERS", "false")
    settings.current.cache_clear()
    world.say("GET", PROVIDER, UNREGISTERED)
    outcome = check(world)
    monkeypatch.undo()
    settings.current.cache_clear()
    assert (outcome.kind, outcome.code) == ("Failed", "INFRASTRUCTURE_ERROR")
    assert "the resource provider Contoso.Play" in outcome.reason
    assert "az provider register --namespace Contoso.Play" in outcome.reason


def test_a_provider_that_arm_refused_to_register_is_a_fault(world: World) -> None:
    registrations._registered[SUBSCRIPTION.lower(), "contoso.play"] = "AuthorizationFailed: may not register"
    world.say("GET", PROVIDER, UNREGISTERED)
    assert "AuthorizationFailed: may not register" in check(world).reason


@pytest.mark.parametrize(
    "state",
    [
        {"registrationState": "Registered"},
        {"registrationState": "Registering"},
        {"registrationState": "NotRegistered", "registrationPolicy": "RegistrationFree"},
    ],
)
def test_a_registration_is_read_once(world: World, state: dict[str, str]) -> None:
    world.say("GET", PROVIDER, Reply(body=state))
    for _ in range(3):
        assert check(world).kind == "Completed"
    assert len(world.calls("GET", PROVIDER)) == 1


def test_what_is_written_under_a_condition_needs_its_provider_if_arm_says_that_it_is_written(world: World) -> None:
    registrations._registered[SUBSCRIPTION.lower(), "contoso.rare"] = "refused"
    world.say("GET", r"/providers/contoso\.rare\?", UNREGISTERED)
    rare = thing("r", "Contoso.Rare/things", condition="[parameters('wanted')]")
    assert check(world, thing(), rare).warnings == ()
    written = World(world.stub, world.location)
    written.say("GET", r"/providers/contoso\.rare\?", UNREGISTERED)
    written.say("POST", VALIDATE, valid(A, name("Contoso.Rare/things/r")))
    assert "Contoso.Rare" in check(written, thing(), rare).reason
    unsure = World(world.stub, world.location)
    unsure.say("GET", r"/providers/contoso\.rare\?", UNREGISTERED)
    unsure.say("POST", VALIDATE, error(503, "ServerTimeout"))
    outcome = check(unsure, thing(), rare)
    assert (outcome.kind, len(outcome.warnings)) == ("Completed", 2)


def test_without_a_validation_only_what_is_certainly_written_needs_permission(world: World) -> None:
    world.say("POST", VALIDATE, error(503, "ServerTimeout"))
    world.say("GET", PERMISSIONS, roles("Microsoft.Resources/deployments/*", "Contoso.Play/things/*"))
    perhaps = [
        thing("b", "Contoso.Play/b", condition="[parameters('x')]"),
        thing("c", "Contoso.Play/c", copy={"name": "c", "count": "[parameters('n')]"}),
        thing("d", "Contoso.Play/d", existing=True),
        thing("l", "Microsoft.Authorization/locks", scope="[variables('x')]"),
        thing("o", "Contoso.Play/o", **{"@options": {"onlyIfNotExists": True}}),
    ]
    assert check(world, thing(), *perhaps).kind == "Completed"
    assert "Contoso.Play/e/write" in check(world, thing(), thing("[uniqueString('e')]", "Contoso.Play/e")).reason


def test_all_faults_are_in_one_description_and_the_first_of_arm_gives_the_code(world: World) -> None:
    details = [{"code": "QuotaExceeded", "message": "of Core"}, {"code": "SkuNotAvailable", "message": "not here"}]
    world.say("POST", VALIDATE, invalid(*details))
    world.say("GET", PERMISSIONS, roles("*", but=("Contoso.Play/*",)))
    outcome = check(world)
    assert (outcome.kind, outcome.code) == ("Failed", FailureCode.INSUFFICIENT_CAPACITY)
    assert outcome.reason.startswith(
        "the precheck has found 3 faults: QuotaExceeded: of Core; SkuNotAvailable: not here; "
    )
    assert "Contoso.Play/things/write" in outcome.reason


OPERATION = f"/subscriptions/{SUBSCRIPTION}/operationresults/v1"


def begun(world: World) -> Outcome:
    url = f"{world.stub.url}{OPERATION}?api-version=2026-06-01"
    world.say("POST", VALIDATE, Reply(202, None, {"Location": url, "Retry-After": "2"}))
    return check(world)


def test_a_validation_that_takes_its_time_is_polled(world: World) -> None:
    first = begun(world)
    assert (first.kind, first.after, first.warnings) == ("Running", 2, ())
    world.say("GET", OPERATION, Reply(202, None, {"Location": "x", "Retry-After": "15"}), times=1)
    world.say("GET", OPERATION, valid(A))
    second = check(world, state=read_state(first))
    assert second.kind == "Running"
    assert second.after <= prechecks.SECONDS
    assert check(world, state=read_state(second)).kind == "Completed"
    assert len(world.calls("GET", PERMISSIONS)) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (invalid({"code": "QuotaExceeded", "message": "of Core"}), "Failed"),
        (Reply(body={"status": "Failed", "error": {"code": "QuotaExceeded", "message": "of Core"}}), "Failed"),
        (Reply(body={"error": {"code": "QuotaExceeded", "message": "of Core"}}), "Failed"),
        (error(404, "NotFound"), "Completed"),
        (error(500, "InternalServerError"), "Completed"),
        (Reply(200, Raw("<html>sign in</html>")), "Completed"),
    ],
)
def test_a_polled_validation_is_judged_like_any_other(world: World, answer: Reply, kind: str) -> None:
    first = begun(world)
    world.say("GET", OPERATION, answer)
    outcome = check(world, state=read_state(first))
    assert (outcome.kind, bool(outcome.warnings)) == (kind, kind == "Completed")


def test_a_polled_validation_registers_nothing(world: World) -> None:
    first = begun(world)
    text = "The subscription is not registered to use namespace 'Contoso.Play'."
    failed = {"status": "Failed", "error": {"code": "MissingSubscriptionRegistration", "message": text}}
    world.say("GET", OPERATION, Reply(body=failed))
    assert check(world, state=read_state(first)).kind == "Completed"
    assert not world.calls("POST", "/register")


def test_a_validation_that_is_not_over_in_time_is_a_warning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = begun(world)
    world.say("GET", OPERATION, Reply(202, None, {"Location": "x"}))
    monkeypatch.setattr(prechecks, "SECONDS", 0.0)
    outcome = check(world, state=read_state(first))
    assert outcome.kind == "Completed"
    assert "it was not over within" in outcome.warnings[0]


@pytest.fixture
def silence(world: World) -> Iterator[Callable[[Asked], Reply]]:
    over = threading.Event()

    def keep_silent(asked: Asked) -> Reply:
        over.wait(60)
        return Reply(DROP)

    yield keep_silent
    over.set()


def test_an_arm_that_is_silent_is_waited_for_within_the_time(
    world: World, silence: Callable[[Asked], Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prechecks, "SECONDS", 1.0)
    order = build_order(world)
    world.stub.answer = silence
    begun_at = time.monotonic()
    outcome = precheck_deployment(order, PrecheckState(), 0)
    assert time.monotonic() - begun_at < 30
    assert outcome.kind == "Completed"
    assert len(outcome.warnings) == 3


@pytest.mark.slow
def test_a_silent_arm_and_a_silent_entra_id_take_less_than_ten_seconds(
    world: World, silence: Callable[[Asked], Reply]
) -> None:
    for answer in ("answer", "sign_in"):
        order = build_order(world)
        setattr(world.stub, answer, silence)
        begun_at = time.monotonic()
        outcome = precheck_deployment(order, PrecheckState(), 0)
        assert time.monotonic() - begun_at < 10
        assert (outcome.kind, len(outcome.warnings)) == ("Completed", 3)
        connection._build_clients.cache_clear()  # with the token, so that Entra ID is asked again


def test_an_application_that_may_not_sign_in_is_one_fault(world: World) -> None:
    refused = {"error": "invalid_client", "error_description": "AADSTS7000215: wrong", "error_codes": [7000215]}
    world.stub.sign_in = lambda asked: Reply(401, refused) if asked.path.endswith("/token") else None
    outcome = check(world)
    assert (outcome.kind, outcome.warnings) == ("Failed", ())
    assert "faults" not in outcome.reason
    assert "AADSTS7000215" in outcome.reason


def test_secure_parameters_go_to_arm_and_nowhere_else(world: World) -> None:
    secret = "s3cure-parameter-value"
    world.say("POST", VALIDATE, error(400, "InvalidTemplate", f"the value '{secret}' is wrong"))
    world.say("GET", PERMISSIONS, error(500, "InternalServerError", f"echo {secret}"))
    with bind_fields({}, (secret, NEEDLE)):
        outcome = check(world, parameters={"p": secret}, secure=("p",))
    assert secret not in outcome.model_dump_json()
    posted = next(one for one in world.stub.asked if one.method == "POST")
    assert json.loads(posted.body)["properties"]["parameters"] == {"p": {"value": secret}}


def list_role_actions() -> list[str]:
    """The actions of the role for deployment locations."""
    text = (ROOT / "infra" / "role.bicep").read_text(encoding="utf-8")
    return re.findall(r"^ +'([\w.]+/[\w./*]+)'$", text, re.MULTILINE)


@pytest.mark.parametrize("package", list_built_in_names())
def test_the_role_for_deployment_locations_is_enough_for_a_built_in_type(world: World, package: str) -> None:
    deploys = {one.deploy for one in load_built_in(package).manifest.transitions.values() if one.deploy}
    for file in deploys:
        template = load_built_in(package).load_template(file)[0]
        kinds = {kind for kind, one in walk_resources(template.body["resources"], "") if not one.get("existing")}
        written = [name(interleave(kind)) if kind != GROUP_TYPE else GROUP for kind in kinds]
        each = World(world.stub, world.location)
        each.say("POST", VALIDATE, valid(*written))
        each.say("GET", PERMISSIONS, roles(*list_role_actions()))
        assert check(each).reason == ""


def interleave(kind: str) -> str:
    """A path of the type: `Contoso.Play/things/x/parts/x`."""
    namespace, *types = kind.split("/")
    return "/".join([namespace, *(f"{one}/x" for one in types)])
