"""What a call is answered that a fault has hit."""

from typing import Any

from emulators.azure.faults.scripts import Fault
from emulators.azure.wire.errors import Refusal, refusal
from emulators.azure.wire.messages import Response, refused


def answer_instead(fault: Fault, method: str, path: str) -> Response | None:
    """The answer to a call that is not carried out; None: the connection breaks."""
    if fault.kind == "drop":
        return None
    if fault.kind == "answer":
        return change_answer(fault, Response(200))
    if fault.kind == "throttle":
        subscription = path.split("/")[2] if path.lower().startswith("/subscriptions/") else ""
        seconds = 1 if fault.retry_after is None else fault.retry_after
        throttled = refusal(
            "SubscriptionRequestsThrottled", subscription=subscription, operation=method, seconds=seconds
        )
        throttled.retry_after = seconds
        return refused(throttled)
    return refused(make_error(fault, "InternalServerError"))


def change_answer(fault: Fault, answer: Response) -> Response | None:
    """The answer to a call that was carried out; None: the connection breaks."""
    if fault.kind == "drop":
        return None
    if fault.kind == "cut":
        whole = answer.content()
        return Response(answer.status, None, answer.headers, answer.content_type, whole[: len(whole) // 2])
    if fault.kind != "answer":
        return answer
    headers = {name: _rewrite(value, fault.rewrite) for name, value in answer.headers.items()}
    for name, value in fault.headers.items():
        headers.pop(name.lower(), None)
        if value is not None:
            headers[name.lower()] = value
    status = fault.status or answer.status
    if fault.html is not None:
        return Response(status, None, headers, "text/html", fault.html.encode())
    body = answer.body if fault.body is None else _patch(answer.body, fault.body)
    return Response(status, body, headers)


def _rewrite(value: str, texts: dict[str, str]) -> str:
    for old, new in texts.items():
        value = value.replace(old, new)
    return value


def _patch(true: Any, given: Any) -> Any:
    """JSON merge patch (RFC 7396): objects are merged, null takes a member away, anything else replaces."""
    if not isinstance(given, dict):
        return given
    result = dict(true) if isinstance(true, dict) else {}
    for key, value in given.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _patch(result.get(key), value)
    return result


def make_error(fault: Fault, code: str) -> Refusal:
    """The fault's own error; `code` where it names none."""
    message = fault.message or "Encountered internal server error. Please try again."
    found = Refusal(fault.status or 500, fault.code or code, message, fault.shape, fault.target, list(fault.details))
    found.retry_after = fault.retry_after
    return found
