"""Refusals: why a call to ARM failed. Every recorded shape of an error body is read down to its deepest cause.

Shapes: `{"error": {"code", "message", "details"}}`, the same with capital keys, without `error`, with JSON text in a
message, with an `innererror`, a plain string, and HTML of a proxy.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from driver.azure.meanings import VAGUE, find_known, find_verdict
from driver.azure.verdicts import FINAL, PASSING, PROPAGATING, Cause, Verdict
from driver.telemetry import redact

# Codes around the code that tells the cause.
WRAPPERS = {
    "deploymentfailed",
    "invalidtemplatedeployment",
    "multipleerrorsoccurred",
    "preflightvalidationcheckfailed",
    "resourcedeploymentfailure",
    "validationforresourcefailed",
}
# Codes that refuse the api-version of a call, not the call.
_VERSION_CODES = {
    "apiversionnotsupported",
    "invalidapiversion",
    "invalidapiversionparameter",
    "invalidresourcetype",
    "noregisteredproviderfound",
    "unsupportedapiversion",
    "versionnotsupported",
}
# Codes of status 404 that do not mean that the requested resource is absent.
_NO_ABSENCE = _VERSION_CODES | {
    "http 404",  # without an ARM error code: a proxy or gateway answered
    "endpointnotfound",
    "invalidresourcenamespace",
    "invalidsubscriptionid",
    "missingsubscriptionregistration",
    "resourceprovidernotfound",
    "resourcetypenotfound",
    "resourcetypenotsupported",
    "subscriptionnotfound",
    "subscriptionnotregistered",
    "tenantnotfound",
}
# Most providers answer a method that a type does not have with 405, some with another status and such a text.
_NO_METHOD = re.compile(
    r"http (method|verb) '?[A-Z]+\b.{0,40}\bnot (supported|allowed)|not support.{0,20}\bhttp (method|verb) '?[A-Z]+\b",
    re.IGNORECASE,
)
_CANCELED = {"canceled", "operationcanceled"}  # what was canceled because something else has failed
_DEEPEST = 30  # levels of causes; no recorded error is as deep
_LONGEST = 4000  # characters of a message that are kept: it goes into states, events and log lines
# In the details of a group that could not be deleted the code is the HTTP status, as text. 429 tells more than what is
# around it.
_STATUS = re.compile(r"(?!429)[1-5][0-9]{2}")


class Refusal(Exception):
    """Why a call to ARM failed. It is one of the classes below.

    `status` is the HTTP status of ARM's answer, 200 if ARM reported an operation that failed, 0 without an answer of
    ARM. `retry_after` are the seconds that the server asks to wait. `answered_at` is the time of the answer by the
    server's clock, if it said that. `body` is the whole error as text: it may name resources that the cause does not.

    The cause goes into states, which are in the task hub as they are, so it holds no secret of the order. The body may.
    """

    status = 0

    def __init__(
        self, cause: Cause, retry_after: float = 0, answered_at: datetime | None = None, body: str = ""
    ) -> None:
        self.cause = Cause(cause.code, _clean(cause.message), cause.outer)
        super().__init__(self.cause.text)
        self.retry_after = retry_after
        self.answered_at = answered_at
        self.body = body or cause.message

    @property
    def verdict(self) -> Verdict:
        return find_verdict(self.cause, self.status)

    @property
    def is_absence(self) -> bool:
        """Whether it says that the requested resource is absent. A failed operation never does: it may miss another
        resource.
        """
        return self.status == 404 and self.cause.code.lower() not in _NO_ABSENCE and not self.is_about_method

    @property
    def is_about_method(self) -> bool:
        """Whether it says that the type does not have the method of the call."""
        is_said = self.status in (400, 404, 501) and _NO_METHOD.search(self.cause.message)
        return not self.is_page and (self.status == 405 or bool(is_said))

    @property
    def is_page(self) -> bool:
        """Whether it is a text that is no error of ARM: a proxy or gateway has answered in its place."""
        lacks_code = self.cause.code.lower().startswith("http ")
        return lacks_code and bool(self.body.strip()) and _parse_json(self.body) is None

    @property
    def is_about_version(self) -> bool:
        """Whether it refuses the api-version of the call. Another version may be accepted."""
        return self.status in (400, 404) and self.cause.code.lower() in _VERSION_CODES


class Refused(Refusal):
    """ARM answered with an error, or reported an operation that has failed."""

    def __init__(
        self,
        status: int,
        cause: Cause,
        retry_after: float = 0,
        answered_at: datetime | None = None,
        body: str = "",
    ) -> None:
        super().__init__(cause, retry_after, answered_at, body)
        self.status = status


class Unreachable(Refusal):
    """ARM did not answer: there was no connection, a proxy answered in its place, or the address is not ARM's."""


class SignInRefused(Refusal):
    """Entra ID refused to sign the application in, and would do so again: a wrong secret, an unknown application."""

    @property
    def verdict(self) -> Verdict:
        return FINAL


class SignInUnsettled(SignInRefused):
    """Entra ID does not find the federated credential of the application. While its regions replicate that, some of
    them refuse for a minute or two.
    """

    @property
    def verdict(self) -> Verdict:
        return PROPAGATING


class SignInUnavailable(Refusal):
    """Entra ID could not be reached, or did not sign the application in now: that passes."""

    @property
    def verdict(self) -> Verdict:
        return PASSING


def list_causes(body: Any) -> tuple[Cause, ...]:
    """All deepest causes in an error body (parsed JSON or text), each once, without secrets."""
    found = (Cause(leaf.code, _clean(leaf.message), leaf.outer) for leaf in _walk_causes(body, _DEEPEST))
    return tuple(dict.fromkeys(found))


def read_cause(body: Any, otherwise: str = "") -> Cause:
    """The deepest cause in an error body (parsed JSON or text). Of several causes, the first that no retry can resolve;
    else the first with a known code; else the first. What was canceled comes last. `otherwise` is the code for a cause
    without one.
    """
    leaves = [
        leaf if leaf.code else Cause(otherwise, leaf.message, leaf.outer) for leaf in _walk_causes(body, _DEEPEST)
    ]
    if not leaves:
        return Cause(
            otherwise or "UnknownError", body.strip()[:300] if isinstance(body, str) and "<" not in body else ""
        )
    leaves = [leaf for leaf in leaves if leaf.code.lower() not in _CANCELED] or leaves
    known = [(leaf, verdict) for leaf in leaves if (verdict := find_known(leaf)) is not None]
    final = [leaf for leaf, verdict in known if verdict.tries == 0]
    return (final or [leaf for leaf, _ in known] or leaves)[0]


def _clean(message: str) -> str:
    """A message without secrets, and not longer than others have to keep it."""
    shown = redact(message)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ..."


def _walk_causes(body: Any, levels: int) -> Iterator[Cause]:
    if isinstance(body, str):
        body = _parse_json(body)
    if not isinstance(body, Mapping) or not levels:
        return
    keys = {str(key).lower(): value for key, value in body.items()}
    error = keys.get("error")
    if isinstance(error, Mapping | str) and "code" not in keys:
        yield from _walk_causes(error, levels - 1) if _is_structured(error) else iter([Cause("", str(error))])
        return
    code, message, details = str(keys.get("code") or ""), keys.get("message"), keys.get("details")
    below = details if isinstance(details, list) else [details]
    deeper = [leaf for detail in below for leaf in _walk_causes(detail, levels - 1)]
    for other in (message, keys.get("statusmessage")):
        deeper = deeper or list(_walk_causes(other, levels - 1))
    text = str(message or "").strip()
    if not deeper and code.lower() in VAGUE:  # what is in it besides a code is for the service's authors
        inner = _walk_causes(keys.get("innererror"), levels - 1)
        deeper = [Cause(leaf.code, text or leaf.message, leaf.outer) for leaf in inner if leaf.code]
    deeper = [_add_outer(leaf, code) for leaf in deeper]
    if deeper and (code.lower() in WRAPPERS | VAGUE or not all(leaf.code.lower() in VAGUE for leaf in deeper)):
        yield from deeper
    elif code or message:
        told = [leaf.message for leaf in deeper if "inner error" in text.lower()]
        yield Cause(code, " ".join([text, *told]))


def _add_outer(leaf: Cause, code: str) -> Cause:
    """A cause with the code around it, which is its own if it has none."""
    if not leaf.code or _STATUS.fullmatch(leaf.code):
        return Cause(code, leaf.message, leaf.outer)
    return leaf if leaf.outer else Cause(leaf.code, leaf.message, code)


def _is_structured(value: Any) -> bool:
    return isinstance(value, Mapping) or _parse_json(value) is not None


def _parse_json(text: str) -> Any:
    stripped = text.strip()
    if not stripped.startswith("{"):
        return None
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        return None
