"""Scripts of faults: which calls are hit, when, how often, and what becomes of them. Parsed once, at the edge."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

KINDS = {
    "answer": "this status, headers and body (or html); with carryOut in place of parts of the true answer",
    "error": "an error answer: status, code, message",
    "throttle": "429 SubscriptionRequestsThrottled with Retry-After",
    "drop": "the connection breaks before the call is carried out; with carryOut once it is",
    "cut": "the call is carried out, and its JSON ends in the middle",
    "delay": "the answer comes `seconds` later",
    "operation": "the operation that the call begins takes `seconds`, or ends with `outcome` and code, message or body",
    "slow": "provisioning takes `factor` times as long",
    "fail": "provisioning of resources of `type` fails with code and message; with carryOut they are made all the same",
    "quota": "a deployment that holds `type` is refused before it begins, with QuotaExceeded or the `code` given",
}
CALLS = ("answer", "error", "throttle", "drop", "cut", "delay")  # one of them hits a call; operation may come on top

_WHEN = ("kind", "method", "path", "nth", "after", "rate", "times", "forSeconds", "seed")
_CALL = (*_WHEN, "host", "query")
_ERROR = ("status", "code", "message", "shape", "retryAfter", "target", "details")
KEYS: Mapping[str, tuple[str, ...]] = {
    "answer": (*_CALL, "status", "headers", "rewrite", "body", "html", "carryOut"),
    "error": (*_CALL, *_ERROR),
    "throttle": (*_CALL, "retryAfter"),
    "drop": (*_CALL, "carryOut"),
    "cut": _CALL,
    "delay": (*_CALL, "seconds"),
    "operation": (*_CALL, "outcome", "seconds", "body", *_ERROR),
    "slow": (*_WHEN, "type", "factor"),
    "fail": (*_WHEN, "type", "carryOut", *_ERROR),
    "quota": (*_WHEN, "type", *_ERROR),
}


class BadScriptError(ValueError):
    """What is wrong with a script, where, and what would be right."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    @field_validator("method", "path", "query", "type", "gone", check_fields=False)
    @classmethod
    def _is_expression(cls, text: str | None) -> str | None:
        try:
            re.compile(text or "")
        except re.error as error:
            raise ValueError(f"{text!r} is no regular expression: {error}") from None
        return text


class Event(_Strict):
    """What must have happened before: a call (to ARM or Entra ID) that was answered, or something that is gone."""

    method: str = Field(default=".*", description="regular expression over the whole method")
    path: str = Field(default="", description="regular expression found in the path")
    status: int | None = Field(default=None, description="status of the answer; any where not given")
    gone: str = Field(default="", description="regular expression found in the id of what no longer exists")

    @model_validator(mode="after")
    def _one_form(self) -> "Event":
        if bool(self.path) == bool(self.gone):
            raise ValueError("takes either path (of a call) or gone (of a resource)")
        return self


class Fault(_Strict):
    """One fault. `path` and `method` are regular expressions over the call; for slow, fail and quota `path` is over an
    id.
    """

    kind: str
    host: Literal["arm", "entra"] = Field(default="arm", description="`arm` or `entra`")
    method: str = Field(default=".*", description="regular expression over the whole method")
    path: str = Field(default=".*", description="regular expression found in the path, or in the resource's id")
    query: str = Field(default=".*", description="regular expression found in the query")
    type: str = Field(default=".*", description="regular expression over the whole resource type")
    nth: int = Field(default=1, ge=1, description="the first of the matching calls that is hit")
    after: Event | None = Field(
        default=None, description="not before this: `{method, path, status}` of an answered call, or `{gone}`"
    )
    rate: float = Field(default=1.0, ge=0, le=1, description="the share of the matching calls that is hit")
    times: int | None = Field(default=None, ge=0, description="how many calls are hit")
    for_seconds: float | None = Field(default=None, gt=0, description="since `after`, else since the first hit")
    seed: int | None = Field(default=None, description="makes `rate` repeatable")

    status: int | None = Field(default=None, ge=200, le=599)
    headers: dict[str, str | None] = Field(default={}, description="null takes a header away")
    rewrite: dict[str, str] = Field(default={}, description="texts replaced in the headers of the true answer")
    body: Any = None
    html: str | None = None
    carry_out: bool = False
    code: str = ""
    message: str = ""
    shape: Literal["gateway", "network", "service", "bare"] = "service"
    retry_after: int | None = None
    target: str | None = None
    details: list[dict[str, Any]] = []
    outcome: Literal["", "Failed", "Canceled"] = ""
    seconds: float | None = Field(default=None, ge=0)
    factor: float = 10.0

    @model_validator(mode="before")
    @classmethod
    def _keys_of_kind(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError("a fault is a JSON object")
        kind = given.get("kind", "answer")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        values = {**given, "kind": kind}
        if values.get("after") in (True, False):  # "after the call is carried out"
            values["carryOut"] = values.pop("after")
        unknown = sorted(set(values) - set(KEYS[kind]))
        if unknown:
            raise ValueError(f"a fault of kind {kind!r} has no {', '.join(unknown)}; it takes {', '.join(KEYS[kind])}")
        return values


def parse_faults(body: Any) -> list[Fault]:
    """One fault, or `{"faults": [...]}`. Raises BadScriptError naming every fault's key that is wrong."""
    whole = isinstance(body, dict) and set(body) == {"faults"}
    given = body["faults"] if whole else [body]
    if not isinstance(given, list):
        raise BadScriptError("faults: must be a list of faults")
    found, wrong = [], []
    for at, one in enumerate(given):
        try:
            found.append(Fault.model_validate(one))
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                where = ".".join([*([f"faults[{at}]"] if whole else []), *map(str, item["loc"])])
                wrong.append(f"{where + ': ' if where else ''}{item['msg'].removeprefix('Value error, ')}")
    if wrong:
        raise BadScriptError("; ".join(wrong))
    return found
