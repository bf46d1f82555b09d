"""The recorded calls of the Durable HTTP API that the SDK's client makes, by webhook, by RPC and through the client."""

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.functions_host.process import Answer, Host, wait_until
from tests.functions_host.recordings import normal, parsed, paths, read, report
from tests.support.shared import needs_shared

pytestmark = needs_shared

# What the local host refuses (by name: test_host.py) or the SDK's client does not call, by how the cases begin.
NOT_CLAIMED = {
    "d01": "classic HTTP function",
    "d02_start_functionkey": "the local host has one key",
    "d09": "suspend and resume",
    "d10_event_while_suspended": "suspend and resume",
    "d10_status_after_event": "suspend and resume",
    "d12": "restart",
    "d13": "rewind",
    "d18": "entities",
    "d19": "start and wait; classic HTTP function",
    "d20_rpc_nohostpath": "no call of the API",
    "d21": "suspend and resume",
    "d22": "suspend and resume",
    "d23": "suspend and resume",
    "d25_k1_final": "suspend and resume",
    "d25_sdk_re": "restart, resume and rewind",
    "d25_sdk_suspend": "suspend",
    "d29_conn_other": "there is no other storage connection",
    "d30": "rewind",
    "d31": "start and wait",
    "d32": "versions",
    "d33": "entities",
    "d42": "request and answer were cut when they were recorded",
}
MISSES = {
    "d26_id_long1000": "an id that is too long for Azure Storage is not for SQLite",
    "d26_idstatus_long1000": "an id that is too long for Azure Storage is not for SQLite",
    "d29_list_topneg": "a negative page is an error of Azure Storage",
}
# What has to be there before a case, as orchestrator, id and body; started and begun (or ended) before it is sent.
BEFORE: dict[str, list[tuple[str, str, str | None]]] = {
    "d05_status_completed": [("o_input", "s1", '{"a": [1, 2]}'), ("o_fail", "f1", '{"a": 1}')],
    "d07_status_running": [("wait_forever", "w1", None)],
    "d11_terminate": [("wait_forever", "t1", None)],
    "d14_purge_one": [("wait_forever", "r1", None)],
    "d24_list_children": [("slow_child_parent", "tp1", None)],
    "d25_sdk_payload_k1": [
        ("wait_forever", "k1", None),
        ("o_input", "k2", '"{\\"z\\": 1}"'),
        *(("o_event", name, None) for name in ("k5", "k6", "k7")),
    ],
    "d28_duplicate_pending": [("o_long", "dup-1795391921", '"{\\"n\\": 1, \\"ms\\": 2000}"')],
    "d29_event_charset": [("wait_forever", "ct1", None), ("o_nogen", "ev-1795391921", None)],
    "d41_hang_terminate": [("o_unknown_activity", "hang1", None)],
}
# Cases whose order is not that of their names.
ORDERED = (
    *("d11_terminate", "d11_status_terminated", "d11_terminate_again", "d14_purge_one", "d14_purge_again"),
    *("d25_sdk_payload_k1", "d25_sdk_purge_k1", "d25_sdk_status_k2", "d25_sdk_event_k1_evx", "d25_sdk_event_k2_evx"),
    *("d25_sdk_terminate_k2", "d25_sdk_purge_k2"),
)
COMPARED_HEADERS = {"location", "retry-after", "www-authenticate", "content-type"}
MASKED = {"ExceptionMessage", "ExceptionType", "StackTrace", "instancesDeleted"}


def position(case: str) -> tuple[str, int, str]:
    return case[:3], ORDERED.index(case) if case in ORDERED else len(ORDERED), case


def instance_of(url: str) -> str | None:
    parts = urlsplit(url).path.split("/")
    return parts[parts.index("instances") + 1] if "instances" in parts[:-1] else None


def sent(host: Host, rpc: str, case: str, request: dict[str, Any]) -> Answer:
    length = int(case.rpartition("long")[2]) if "badid_long" in case else 0
    url = request["url"].replace("SYSTEMKEY", host.key).replace("MASTERKEY", host.key).replace("xxx...", "x" * length)
    headers = {name: value for name, value in request["headers"] if name != "Content-Length"}
    body = None if request["body"] is None else request["body"].encode()
    if not url.startswith("/durabletask/"):
        return host.ask(request["method"], url, body, headers)
    connection = http.client.HTTPConnection(urlsplit(rpc).netloc, timeout=10)
    connection.request(request["method"], url, body, headers)
    response = connection.getresponse()
    answer = Answer(response.status, response.getheaders(), response.read().decode())
    connection.close()
    return answer


def compared(status: int, headers: list[Any], body: str, is_app: bool) -> dict[str, Any]:
    """What is compared of an answer: of a list of instances only what kind of thing it holds."""
    content = normal(parsed(body))
    if isinstance(content, list):
        content = [sorted(item) for item in content[:1]]
    if isinstance(content, dict):
        content = {key: "..." if key in MASKED else value for key, value in content.items()}
    if is_app and isinstance(content, dict) and isinstance(content.get("r"), int):
        content["r"] = "..."
    if isinstance(content, dict) and "Message" in content:
        content["Message"] = content["Message"].replace("Pending", "Running")  # which it is depends on the time
    kept = {name.lower(): normal(value) for name, value in headers}
    names = set() if is_app else COMPARED_HEADERS if body else COMPARED_HEADERS - {"content-type"}
    has_more = "x-ms-continuation-token" in kept
    return {"status": status, "body": content, "more": has_more, **{n: kept.get(n) for n in sorted(names)}}


def has_begun(host: Host, instance_id: str) -> Callable[[], bool]:
    return lambda: (status := host.status(instance_id)) is not None and status["runtimeStatus"] != "Pending"


def expected_state(host: Host, case: str, recorded: dict[str, Any]) -> None:
    """Wait until the instance that the case asks for is in the recorded state, where that takes a moment."""
    body, instance_id = parsed(recorded["response"]["body"]), instance_of(recorded["request"]["url"])
    if instance_id and isinstance(body, dict) and "runtimeStatus" in body and case != "d26_idstatus_long1000":
        path = recorded["request"]["url"].partition("?")[0]
        url = f"{path}?code={host.key}"
        wait_until(lambda: host.ask("GET", url).json["runtimeStatus"] == body["runtimeStatus"])


def test_recorded_api(recorded_host: Host) -> None:
    host = recorded_host
    rpc = host.ask("POST", "/api/client/rpc/x").json["r"]
    recordings = {path.stem: read(path) for path in paths("durable")}
    claimed = [case for case in recordings if not case.startswith(tuple(NOT_CLAIMED))]
    failed = {}
    for case in sorted(claimed, key=position):
        recorded = recordings[case]
        for orchestrator, instance_id, body in BEFORE.get(case, ()):
            path = f"/runtime/webhooks/durabletask/orchestrators/{orchestrator}/{instance_id}?code={host.key}"
            assert host.ask("POST", path, body, {"Content-Type": "application/json"}).status == 202
            wait_until(has_begun(host, instance_id))
        expected_state(host, case, recorded)
        is_app = recorded["request"]["url"].startswith("/api/")
        answer = sent(host, rpc, case, recorded["request"])
        got = compared(answer.status, answer.headers, answer.body, is_app)
        response = recorded["response"]
        expected = compared(response["status"], response["headers"], response["body"], is_app)
        if got != expected:
            failed[case] = f"{got}\n  instead of {expected}"
    report("Durable API", claimed, failed, MISSES)
