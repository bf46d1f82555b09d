"""The connection to ARM and Entra ID, through the real SDKs against a server on HTTPS."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest

from driver import settings
from driver.azure import (
    connection,
    deployments,
    operations,
    providers,
    reachability,
    resources,
    versions,
    writes,
)
from driver.azure.addresses import is_trusted
from driver.azure.headers import read_retry_after
from driver.azure.operations import Operation
from driver.azure.refusals import Refusal, SignInRefused, Unreachable
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.orders import AzureLocation, Deploy
from driver.resource_ids import ResourceId
from tests.support.arm_stub import DROP, Asked, Raw, Reply, Stub, location_of, serving
from tests.support.requests import NEEDLE, SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-1"


def refusal(location: AzureLocation) -> Refusal:
    """How a look for a resource group is refused."""
    with pytest.raises(Refusal) as caught, connection.connect(location) as clients:
        clients.resources.resource_groups.get("rg-1")
    return caught.value


def test_many_threads_share_one_token_and_one_client(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(body={"id": GROUP, "location": "northeurope"})

    def look(_: int) -> Any:
        with connection.connect(location) as clients:
            return clients.resources.resource_groups.get("rg-1").id

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(look, range(32))) == {GROUP}
    assert stub.tokens == 1
    assert {asked.headers["Authorization"] for asked in stub.asked} == {"Bearer token-1"}
    assert all("tnco-azure-driver" in asked.headers["User-Agent"] for asked in stub.asked)


def test_what_a_call_carries(stub: Stub, location: AzureLocation) -> None:
    """Cookies that an answer sets are not sent back, and a call without a body says so."""
    stub.answer = lambda asked: Reply(body={"id": VNET}, headers={"Set-Cookie": "session=1; Path=/"})
    operations.look(location, VNET, "2024-05-01")
    operations.delete(location, VNET, "2024-05-01")
    operations.act(location, VNET, "restart", "2024-05-01")
    assert [asked.headers.get("Content-Length") for asked in stub.asked] == [None, "0", "0"]
    assert ["Cookie" in asked.headers for asked in stub.asked] == [False] * 3
    assert all("gzip" in asked.headers["Accept-Encoding"] for asked in stub.asked)


def test_an_equal_location_shares_the_client_and_a_new_secret_does_not(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(body={"id": GROUP, "location": "northeurope"})
    for one in (location, location_of(stub)):
        with connection.connect(one) as clients:
            clients.resources.resource_groups.get("rg-1")
    assert stub.tokens == 1
    assert isinstance(refusal(location_of(stub, "rotated")), SignInRefused)


def test_a_wrong_secret_is_final_and_tells_the_code_but_not_the_secret(stub: Stub) -> None:
    refused = refusal(location_of(stub, "wrong-" + NEEDLE))
    assert isinstance(refused, SignInRefused)
    assert refused.verdict.tries == 0
    assert "deployment location 'trial'" in refused.cause.message
    assert "AADSTS7000215" in refused.cause.message
    assert NEEDLE not in str(refused)
    assert stub.asked == []


@pytest.mark.parametrize("seconds", ["1", "600"])
def test_throttling_is_told_and_never_slept_on(stub: Stub, location: AzureLocation, seconds: str) -> None:
    body = {"error": {"code": "SubscriptionRequestsThrottled", "message": "slow down"}}
    stub.answer = lambda asked: Reply(429, body, {"Retry-After": seconds})
    refused = refusal(location)
    assert (refused.status, refused.retry_after) == (429, float(seconds))
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503])
def test_what_was_answered_is_not_asked_again(stub: Stub, location: AzureLocation, status: int) -> None:
    stub.answer = lambda asked: Reply(status, {"error": {"code": "SomeCode", "message": "m"}})
    refused = refusal(location)
    assert (refused.status, refused.cause.text) == (status, "SomeCode: m")
    assert len(stub.asked) == 1


def test_a_dropped_connection_is_tried_again_at_once(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(DROP) if len(stub.asked) < 3 else Reply(body={"id": GROUP, "location": "x"})
    with connection.connect(location) as clients:
        assert clients.resources.resource_groups.get("rg-1").id == GROUP
    assert reachability.ARM.find_trouble() is None


def test_a_connection_that_breaks_every_time_is_a_passing_trouble(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(DROP)
    refused = refusal(location)
    assert isinstance(refused, Unreachable)
    assert refused.verdict.tries == UNTIL_TIMEOUT
    trouble = reachability.ARM.find_trouble()
    assert trouble is not None
    assert "127.0.0.1" in trouble.reason
    stub.answer = lambda asked: Reply(404, {"error": {"code": "ResourceGroupNotFound", "message": "m"}})
    assert refusal(location).is_absence
    assert reachability.ARM.find_trouble() is None


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/operations/1",
        "https://127.0.0.1/operations/1",
        "http://127.0.0.1:{port}/operations/1",
        "https://127.0.0.1:{port}.evil.example/operations/1",
        "https://127.0.0.1:{port}@evil.example/operations/1",
    ],
)
def test_no_token_leaves_for_another_host(stub: Stub, location: AzureLocation, url: str) -> None:
    with pytest.raises(Refusal) as caught:
        operations.poll(location, url.format(port=stub.url.rpartition(":")[2]))
    assert caught.value.cause.code == "UntrustedPollingAddress"
    assert stub.asked == []


def test_a_redirect_is_a_refusal_and_takes_no_token_along(stub: Stub, location: AzureLocation) -> None:
    with serving(stub.ca.parent, "") as other:
        stub.answer = lambda asked: Reply(307, None, {"Location": f"{other.url}/operations/1"})
        with pytest.raises(Refusal, match="HTTP 307"):
            operations.poll(location, f"{stub.url}/operations/1")
        assert other.asked == []


@pytest.mark.parametrize(
    ("base", "url", "hosts", "trusted"),
    [
        ("https://management.azure.com", "https://management.azure.com:443/subscriptions/s/operations/1?a=b", "", True),
        ("https://management.azure.com:443", "https://MANAGEMENT.azure.com/operations/1", "", True),
        ("https://arm.example/stack", "https://arm.example:443/stack/operations/1", "", True),
        ("https://arm.example/stack", "https://arm.example/stacks/operations/1", "", False),
        ("https://management.azure.com", "https://management.azure.com:444/operations/1", "", False),
        ("https://management.azure.com", "http://management.azure.com:443/operations/1", "", False),
        ("https://management.azure.com", "https://management.azure.com:x/operations/1", "", False),
        ("https://management.azure.com", "https://me@management.azure.com/operations/1", "", False),
        ("https://management.azure.com", "https://management.azure.com.evil.example/operations/1", "", False),
        ("https://gateway.example/arm", "https://management.azure.com/operations/1", "", False),
        ("https://gateway.example/arm", "https://management.azure.com/operations/1", "management.azure.com", True),
        (
            "https://gateway.example/arm",
            "https://management.azure.com:443/op/1",
            "a.example,management.azure.com",
            True,
        ),
        ("https://gateway.example:8443", "https://management.azure.com:8443/op/1", "management.azure.com", True),
        ("https://gateway.example:8443", "https://management.azure.com/op/1", "management.azure.com", False),
        ("https://gateway.example:8443", "https://management.azure.com/op/1", "management.azure.com:443", True),
        ("https://gateway.example", "http://management.azure.com:443/op/1", "management.azure.com", False),
        ("https://gateway.example", "https://x.management.azure.com/op/1", "management.azure.com", False),
        ("https://gateway.example", "https://me:secret@management.azure.com/op/1", "management.azure.com", False),
        ("https://gateway.example", "https://management.azure.com@evil.example/op/1", "management.azure.com", False),
    ],
)
def test_only_urls_of_the_resource_manager_and_of_named_hosts_are_trusted(
    base: str, url: str, hosts: str, trusted: bool
) -> None:
    assert is_trusted(base, url, hosts.split(",") if hosts else ()) is trusted


def test_the_address_of_a_page_takes_no_token_along(stub: Stub, location: AzureLocation) -> None:
    """Also in the SDK's own lists."""
    with serving(stub.ca.parent, "") as other:
        stub.answer = lambda asked: Reply(body={"value": [], "nextLink": f"{other.url}/operations?page=2"})
        record = ResourceId.parse(f"{GROUP}/providers/Microsoft.Resources/deployments/d")
        for read in (lambda: writes.read_writes(location, record), lambda: resources.find_by_name(location, "x")):
            with pytest.raises(Unreachable) as caught:
                read()
            assert caught.value.cause.code == "UntrustedPollingAddress"
            assert "ARM_GATEWAY_HOSTS" in caught.value.cause.message
            assert caught.value.verdict.tries == 0
        assert (other.asked, other.tokens) == ([], 0)


def test_a_gateways_host_is_followed_once_it_is_named(
    stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L13 of the cases."""
    stub.answer = lambda asked: Reply(body={"status": "Succeeded"})
    url = f"{stub.url.replace('127.0.0.1', 'localhost')}/operations/1"
    with pytest.raises(Unreachable):
        operations.poll(location, url)
    monkeypatch.setenv("ARM_GATEWAY_HOSTS", "other.example, LOCALHOST")
    settings.current.cache_clear()
    assert operations.poll(location, url).is_over
    monkeypatch.undo()
    settings.current.cache_clear()


DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/d"
WORK = Deploy(package="p", file="main.json", resource_group="rg-1", name="d", scope="resourceGroup", parameters={})
READS: dict[str, Callable[[AzureLocation], Any]] = {
    "poll": lambda at: operations.poll(at, f"{at.resource_manager_url}/operations/1"),
    "look": lambda at: resources.look(at, ResourceId.parse(VNET), ["2024-05-01"]),
    "get": lambda at: operations.get(at, VNET, "2024-05-01"),
    "list": lambda at: resources.find_by_name(at, "vnet-1"),
    "deployment": lambda at: deployments.get(at, ResourceId.parse(DEPLOYMENT)),
    "operations": lambda at: writes.read_writes(at, ResourceId.parse(DEPLOYMENT)),
    "versions": lambda at: versions.list_api_versions(at, ResourceId.parse(DEPLOYMENT)),
    "provider": lambda at: providers.list_api_versions(at, ResourceId.parse(VNET)),
    "validation": lambda at: deployments.validate(at, WORK, {}),
}
WRITES: dict[str, Callable[[AzureLocation], Any]] = {
    "what-if": lambda at: deployments.start_what_if(at, WORK, {}),
    "delete": lambda at: operations.delete(at, VNET, "2024-05-01"),
    "delete of a record": lambda at: deployments.delete(at, ResourceId.parse(DEPLOYMENT)),
    "action": lambda at: operations.act(at, VNET, "start", "2024-05-01"),
    "cancel": lambda at: deployments.cancel(at, ResourceId.parse(DEPLOYMENT)),
}
HTML = Reply(200, Raw("<html>Welcome</html>"), {"Content-Type": "text/html"})
CUT = Reply(200, Raw('{"status": "Succ'), {"Content-Type": "application/json"})
PLAIN = Reply(200, Raw("Welcome"), {"Content-Type": "text/plain"})
BROKEN = Reply(200, Raw('{"status": "Succ'), {"Content-Length": "500", "Connection": "close"})
PACKED = Reply(200, Raw('{"status": "Succeeded"}'), {"Content-Encoding": "gzip"})
REDIRECT = Reply(302, None, {"Location": "https://sign-in.example/"})
NO_ANSWERS = {"html": HTML, "cut": CUT, "plain": PLAIN, "broken": BROKEN, "packed": PACKED, "redirect": REDIRECT}


@pytest.mark.parametrize("reply", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_what_is_no_answer_of_arm_passes_in_every_call(
    stub: Stub, location: AzureLocation, name: str, reply: Reply
) -> None:
    """L5 of the cases, and its kind."""
    stub.answer = lambda asked: reply
    with pytest.raises(Unreachable) as caught:
        {**READS, **WRITES}[name](location)
    assert caught.value.verdict.tries == UNTIL_TIMEOUT
    assert reachability.ARM.find_trouble() is not None
    reachability.ARM.note_answer(location.resource_manager_url.removeprefix("https://"))


@pytest.mark.parametrize("name", [name for name in READS if name not in ("poll", "operations")])
def test_json_that_is_no_answer_of_arm_passes(stub: Stub, location: AzureLocation, name: str) -> None:
    stub.answer = lambda asked: Reply(body=[])
    with pytest.raises(Unreachable) as caught:
        READS[name](location)
    assert caught.value.verdict.tries == UNTIL_TIMEOUT


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (503, b"<p>D\xe9sol\xe9</p>", "HTTP 503"),
        (403, b"D\xe9sol\xe9", "HTTP 403"),
        (409, b'{"error": {"code": "ScopeLocked", "message": "D\xe9sol\xe9"}}', "ScopeLocked"),
        (409, b'\xef\xbb\xbf{"error": {"code": "ScopeLocked", "message": "m"}}', "ScopeLocked"),
    ],
)
def test_an_error_that_is_not_utf_8_is_read(
    stub: Stub, location: AzureLocation, status: int, content: bytes, code: str
) -> None:
    stub.answer = lambda asked: Reply(status, content, {"Content-Type": "text/html"})
    refused = refusal(location)
    assert (refused.status, refused.cause.code) == (status, code)


def test_an_action_that_was_accepted_is_not_sent_again_for_its_body(stub: Stub, location: AzureLocation) -> None:
    url = f"{stub.url}/operations/1"
    stub.answer = lambda asked: Reply(202, Raw('{"cut'), {"Azure-AsyncOperation": url})
    assert operations.act(location, VNET, "restart", "2024-05-01").url == url


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("", 0.0),
        ("-3", 0.0),
        ("soon", 0.0),
        ("Thu, 26 Nov 2026 10:00:40 GMT", 40.0),
        ("Thu, 26 Nov 2026 09:00:00 GMT", 0.0),
        ("3600", 3600.0),
        ("410400", 3600.0),
        ("10, 10", 0.0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0.0),
        ("inf", 3600.0),
        ("nan", 3600.0),
        ("Fri, 27 Nov 2026 10:00:00 GMT", 3600.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_an_hour_at_most(
    header: str, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    """L12 of the cases."""
    assert read_retry_after({"Retry-After": header, "Date": "Thu, 26 Nov 2026 10:00:00 GMT"}) == seconds
    told = [record.getMessage() for record in caplog.records if record.name == "driver.lifecycle"]
    assert told == ([f"Retry-After: {header} is cut to 3600 s"] if seconds == 3600 and header != "3600" else [])


@pytest.mark.parametrize(("code", "tries"), [("ExpiredAuthenticationToken", 6), ("InvalidAuthenticationToken", 0)])
def test_an_expired_token_is_replaced_although_the_cache_has_it(
    stub: Stub, location: AzureLocation, code: str, tries: int
) -> None:
    """R7 of the cases, for every call."""
    expired = Reply(401, {"error": {"code": code, "message": "m"}})

    def answer(asked: Asked) -> Reply:
        return expired if asked.headers["Authorization"] == "Bearer token-1" else Reply(body={"status": "Succeeded"})

    stub.answer = answer
    assert operations.poll(location, f"{stub.url}/operations/1").is_over
    assert (stub.tokens, len(stub.asked)) == (2, 2)
    stub.answer = lambda asked: expired
    with pytest.raises(Refusal) as caught:
        operations.poll(location, f"{stub.url}/operations/1")
    assert caught.value.verdict.tries == tries
    assert (stub.tokens, len(stub.asked)) == (3, 4)


def test_an_answer_that_is_no_json_passes(stub: Stub, location: AzureLocation) -> None:
    """R18 of the cases: cut off in the middle, or the page of something on the way."""
    for content, kind in (('{"status": "Succ', "application/json"), ("<html>busy</html>", "text/html")):
        stub.answer = lambda asked, content=content, kind=kind: Reply(200, Raw(content), {"Content-Type": kind})  # type: ignore[misc]
        with pytest.raises(Unreachable) as caught:
            operations.poll(location, f"{stub.url}/operations/1")
        assert caught.value.verdict.tries == UNTIL_TIMEOUT


@pytest.mark.parametrize(
    ("word", "unclear"), [("InProgress", False), ("Deleting", False), ("OK", True), ("Done", True)]
)
def test_a_word_that_says_nothing_of_an_operation(
    stub: Stub, location: AzureLocation, word: str, unclear: bool
) -> None:
    stub.answer = lambda asked: status(word)
    operation = operations.poll(location, f"{stub.url}/operations/1")
    assert (operation.is_over, operation.is_unclear) == (False, unclear)


def test_the_versions_that_a_refusal_offers_are_tried_next(stub: Stub, location: AzureLocation) -> None:
    message = (
        "No registered resource provider found for location 'x' and API version 'y' for type 'virtualNetworks'."
        " The supported api-versions are '2019-01-01, 2020-01-01-preview, 2018-01-01'. The supported locations are ''."
    )
    refused = Reply(400, {"error": {"code": "NoRegisteredProviderFound", "message": message}})

    def answer(asked: Asked) -> Reply:
        if asked.method != "DELETE" or "=2019-01-01" in asked.path:
            return provider(asked)
        return refused

    stub.answer = answer
    assert resources.delete(location, ResourceId.parse(VNET), ["2030-01-01"]).url
    tried = [asked.path.partition("=")[2] for asked in stub.asked if asked.method == "DELETE"]
    assert tried == ["2030-01-01", "2019-01-01"]


def status(text: str, **more: Any) -> Reply:
    return Reply(body={"status": text, **more})


@pytest.mark.parametrize(
    "reply", [status("Succeeded"), status("succeeded"), Reply(204), Reply(200, {"properties": {}})]
)
def test_an_operation_that_is_over(stub: Stub, location: AzureLocation, reply: Reply) -> None:
    stub.answer = lambda asked: reply
    assert operations.poll(location, f"{stub.url}/operations/1?api-version=2022-09-01&c=A%2Bb").is_over
    assert stub.asked[0].path == "/operations/1?api-version=2022-09-01&c=A%2Bb"


@pytest.mark.parametrize("reply", [status("Running"), status("InProgress"), status("Accepted"), Reply(202)])
def test_an_operation_that_goes_on(stub: Stub, location: AzureLocation, reply: Reply) -> None:
    stub.answer = lambda asked: Reply(reply.status, reply.body, {"Retry-After": "7"})
    url = f"{stub.url}/operations/1"
    going = operations.poll(location, url)
    assert (going.url, going.retry_after, going.is_over) == (url, 7, False)


@pytest.mark.parametrize("state", ["Failed", "Canceled", "Cancelled"])
def test_an_operation_that_failed(stub: Stub, location: AzureLocation, state: str) -> None:
    stub.answer = lambda asked: status(state, error={"code": "QuotaExceeded", "message": "full"})
    with pytest.raises(Refusal) as caught:
        operations.poll(location, f"{stub.url}/operations/1")
    assert (caught.value.status, caught.value.cause.text) == (200, "QuotaExceeded: full")


def provider(asked: Asked) -> Reply:
    """The provider list, and whatever is deleted."""
    if asked.method == "DELETE":
        return Reply(202, None, {"Azure-AsyncOperation": "https://x/op", "Retry-After": "3"})
    kinds = {"virtualNetworks": ["2023-01-01-preview", "2022-01-01", "2023-01-01"], "beta": ["2022-01-01-preview"]}
    types = [{"resourceType": name, "apiVersions": versions} for name, versions in kinds.items()]
    return Reply(body={"namespace": "Microsoft.Network", "resourceTypes": types})


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("Microsoft.Network/virtualNetworks/a", "2023-01-01"),
        ("microsoft.network/VIRTUALNETWORKS/a", "2023-01-01"),
        ("Microsoft.Network/virtualNetworks/a/subnets/b", "2023-01-01"),
        ("Microsoft.Network/beta/a", "2022-01-01-preview"),
    ],
)
def test_api_versions_come_from_the_provider_once(stub: Stub, location: AzureLocation, path: str, version: str) -> None:
    stub.answer = provider
    resource_id = ResourceId.parse(f"{GROUP}/providers/{path}")
    assert {providers.list_api_versions(location, resource_id)[0] for _ in range(3)} == {version}
    assert len(stub.asked) == 1


def test_a_provider_that_may_not_be_read_in_the_subscription_is_read_in_the_tenant(
    stub: Stub, location: AzureLocation
) -> None:
    """Rights in a resource group only."""
    forbidden = Reply(403, {"error": {"code": "AuthorizationFailed", "message": "m"}})
    stub.answer = lambda asked: forbidden if asked.path.startswith("/subscriptions/") else provider(asked)
    assert {providers.list_api_versions(location, ResourceId.parse(VNET))[0] for _ in range(3)} == {"2023-01-01"}
    assert [asked.path.partition("?")[0] for asked in stub.asked] == [
        f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.network",
        "/providers/microsoft.network",
    ]
    with pytest.raises(Refusal):
        providers.is_registered(location, "Microsoft.Network")
    stub.answer = lambda asked: forbidden
    with pytest.raises(Refusal) as caught:
        providers.list_api_versions(location, ResourceId.parse(VNET.replace("Microsoft.Network", "Microsoft.Other")))
    assert caught.value.status == 403


def test_what_is_in_another_subscription_is_called_there(stub: Stub, location: AzureLocation) -> None:
    """O2 of the cases: never another subscription than the id's."""
    stub.answer = provider
    group = "/subscriptions/other/resourceGroups/rg-victim"
    assert resources.delete(location, ResourceId.parse(group)).url == "https://x/op"
    assert resources.delete(location, ResourceId.parse(VNET.replace(SUBSCRIPTION, "other"))).url == "https://x/op"
    assert [one.path.partition("?")[0] for one in stub.asked] == [
        group,
        "/subscriptions/other/providers/microsoft.network",
        VNET.replace(SUBSCRIPTION, "other"),
    ]


def test_a_delete_of_a_type_that_the_provider_does_not_know_is_not_taken_for_done(
    stub: Stub, location: AzureLocation
) -> None:
    stub.answer = provider
    with pytest.raises(Refusal, match="knows no resource type 'unheard'"):
        resources.delete(location, ResourceId.parse(VNET.replace("virtualNetworks", "unheard")))


def test_a_delete_gives_its_operation_and_absence_is_done(stub: Stub, location: AzureLocation) -> None:
    stub.answer = provider
    begun = resources.delete(location, ResourceId.parse(f"{VNET}/subnets/a"))
    assert begun == Operation("https://x/op", 3, status=202, answered_at=begun.answered_at)
    assert begun.answered_at is not None
    assert stub.asked[-1].path == f"{VNET}/subnets/a?api-version=2023-01-01"
    gone = Reply(404, {"error": {"code": "ResourceNotFound", "message": "m"}})
    stub.answer = lambda asked: gone if asked.method == "DELETE" else provider(asked)
    absent = resources.delete(location, ResourceId.parse(VNET))
    assert absent == Operation(status=404, answered_at=absent.answered_at)


def test_a_list_has_all_its_pages_and_a_filter(stub: Stub, location: AzureLocation) -> None:
    networks = [{"id": f"{VNET}-{number}", "type": "Microsoft.Network/virtualNetworks"} for number in range(3)]

    def answer(asked: Asked) -> Reply:
        if "page=2" in asked.path:
            return Reply(body={"value": networks[1:]})
        return Reply(body={"value": networks[:1], "nextLink": f"{stub.url}/next?page=2"})

    stub.answer = answer
    found = resources.find_by_name(location, "it's", "Microsoft.Network/virtualNetworks")
    assert found == [ResourceId.parse(network["id"]) for network in networks]
    address, _, query = stub.asked[0].path.partition("?")
    assert address == f"/subscriptions/{SUBSCRIPTION}/resources"
    assert parse_qs(query)["$filter"] == ["name eq 'it''s' and resourceType eq 'Microsoft.Network/virtualNetworks'"]


def test_what_is_no_list_is_not_taken_for_an_empty_one(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(body="<html>maintenance</html>")
    with pytest.raises(Refusal) as caught:
        resources.find_by_name(location, "vnet-1")
    assert caught.value.verdict.tries > 1_000


def test_what_is_no_resource_is_not_taken_for_one(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(body="<html>maintenance</html>")
    with pytest.raises(Refusal) as caught:
        resources.look(location, ResourceId.parse(VNET), ["2024-05-01"])
    assert caught.value.verdict.tries > 1_000


@pytest.mark.parametrize(
    ("code", "is_absent"),
    [
        ("ResourceNotFound", True),
        ("NotFound", True),
        ("RoleAssignmentNotFound", True),
        ("SubscriptionNotFound", False),
        ("InvalidResourceNamespace", False),
        ("", False),
    ],
)
def test_only_an_error_about_the_resource_shows_that_it_is_absent(
    stub: Stub, location: AzureLocation, code: str, is_absent: bool
) -> None:
    stub.answer = lambda asked: Reply(404, {"error": {"code": code, "message": "..."}} if code else "<html>")
    if is_absent:
        assert resources.look(location, ResourceId.parse(VNET), ["2024-05-01"]).body is None
    else:
        with pytest.raises(Refusal):
            resources.look(location, ResourceId.parse(VNET), ["2024-05-01"])


def test_a_refused_api_version_is_followed_by_the_next(stub: Stub, location: AzureLocation) -> None:
    versions = ["2024-05-01", "2023-09-01", "2020-01-01-preview"]
    kinds = [{"resourceType": "virtualNetworks", "apiVersions": versions}]

    def answer(asked: Asked) -> Reply:
        if asked.path.partition("?")[0].lower().endswith("/providers/microsoft.network"):
            return Reply(body={"resourceTypes": kinds})
        if asked.path.endswith("2023-09-01"):
            return Reply(body={"id": VNET})
        return Reply(400, {"error": {"code": "NoRegisteredProviderFound", "message": "..."}})

    stub.answer = answer
    assert resources.look(location, ResourceId.parse(VNET), ["2030-01-01"]).body == {"id": VNET}
    assert [asked.path.rsplit("=")[-1] for asked in stub.asked if VNET in asked.path] == [
        "2030-01-01",
        "2024-05-01",
        "2023-09-01",
    ]
