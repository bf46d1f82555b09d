"""Why Entra ID gives no token: for good, or for now."""

import json
import re
from collections.abc import Mapping
from typing import Any

from driver.azure.headers import read_retry_after
from driver.azure.refusals import Refusal, SignInRefused, SignInUnavailable
from driver.azure.verdicts import Cause

# Passing errors: ExternalServerRetryableError, RequestTimeout, RequestBudgetExceeded, MsodsServiceUnavailable,
# TenantThrottling, LoopDetected. Source: learn.microsoft.com "Microsoft Entra authentication error codes"
_PASSING = {90006, 90012, 90024, 90033, 90055, 50196}
_PASSING_WORDS = ("server_error", "temporarily_unavailable")
_NUMBER = re.compile(r"AADSTS(\d+)")


def read_refusal(place: str, answer: Any, error: Exception) -> Refusal:
    """Why Entra ID has given no token: from its last answer, or without one from the error of the SDK. `place` names it
    and the deployment location.
    """
    if answer is None:
        text = " ".join(str(error.__cause__ or error).split())[:300]
        if not _is_of_connection(error.__cause__):
            return SignInRefused(Cause("AuthenticationFailed", f"{place}: {text}"))
        return SignInUnavailable(Cause("SignInUnavailable", f"{place} cannot be reached: {text}"))
    status, told = answer.status_code, _read_oauth_error(answer)
    text = " ".join(str(told.get("error_description") or told.get("error") or "").split())[:600]
    if told and 400 <= status < 500 and status not in (408, 429) and not _passes(told):
        return SignInRefused(Cause("AuthenticationFailed", f"{place} refused to sign in: {text}"))
    text = text or "something that is no answer of Entra ID"
    cause = Cause("SignInUnavailable", f"{place} answered with HTTP {status}: {text}")
    return SignInUnavailable(cause, read_retry_after(answer.headers))


def _is_of_connection(error: BaseException | None) -> bool:
    from azure.core.exceptions import AzureError

    return isinstance(error, AzureError | OSError)


def _read_oauth_error(answer: Any) -> Mapping[str, Any]:
    """The OAuth error in an answer; empty if it holds none: a page of something on the way, or JSON that is cut off."""
    try:
        body = json.loads(answer.text())
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) and isinstance(body.get("error"), str) else {}


def _passes(told: Mapping[str, Any]) -> bool:
    listed = told.get("error_codes")
    numbers = {number for number in listed if isinstance(number, int)} if isinstance(listed, list) else set()
    numbers |= {int(number) for number in _NUMBER.findall(str(told.get("error_description", ""))[:200])}
    return told["error"] in _PASSING_WORDS or bool(numbers & _PASSING)
