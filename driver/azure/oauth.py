"""Why Entra ID, or the end point of managed identities, gives no token: for good, or for now."""

import json
import re
from collections.abc import Mapping
from typing import Any

from driver.azure.headers import read_retry_after
from driver.azure.refusals import Refusal, SignInRefused, SignInUnavailable, SignInUnsettled
from driver.azure.verdicts import Cause

# Passing errors: ExternalServerRetryableError, RequestTimeout, RequestBudgetExceeded, MsodsServiceUnavailable,
# TenantThrottling, GraphRetryableError, GraphServiceUnreachable, LoopDetected.
# Source: learn.microsoft.com "Microsoft Entra authentication error codes"
_PASSING = {90006, 90012, 90024, 90033, 90055, 90090, 90091, 50196}
# No federated credential matches the assertion's issuer, audience or subject.
# Source: learn.microsoft.com "Important considerations and restrictions for federated identity credentials"
_UNSETTLED = {70021, 700211, 700212, 700213}
_IDENTITY_PASSING = (404, 408, 410, 429)  # statuses of an end point that is being updated, or throttles
_PASSING_WORDS = ("server_error", "temporarily_unavailable")
_NUMBER = re.compile(r"AADSTS(\d+)")


def read_refusal(place: str, answer: Any, error: Exception) -> Refusal:
    """Why Entra ID has given no token: from its last answer, or without one from the error of the SDK. `place` names it
    and the deployment location.
    """
    if answer is None:
        return _read_error(place, error)
    status, told = answer.status_code, _read_oauth_error(answer)
    text = " ".join(str(told.get("error_description") or told.get("error") or "").split())[:600]
    if told and 400 <= status < 500 and status not in (408, 429) and not _passes(told):
        kind = SignInUnsettled if _read_numbers(told) & _UNSETTLED else SignInRefused
        return kind(Cause("AuthenticationFailed", f"{place} refused to sign in: {text}"))
    return _build_unavailable(place, answer, text, "Entra ID")


def read_identity_refusal(place: str, answer: Any, error: Exception) -> Refusal:
    """Why the end point of managed identities has given no token, as `read_refusal`.

    Shapes: an OAuth error (virtual machines), `{"statusCode", "message"}` (App Service, Functions).
    Source: learn.microsoft.com "How to use managed identities for Azure resources on an Azure VM to acquire an access
    token", error handling
    """
    if answer is None:
        return _read_error(place, error)
    status, told = answer.status_code, _read_object(answer)
    text = " ".join(str(told.get("error_description") or told.get("message") or told.get("error") or "").split())[:600]
    if text and 400 <= status < 500 and status not in _IDENTITY_PASSING:
        return SignInRefused(Cause("AuthenticationFailed", f"{place} gives no token: {text}"))
    return _build_unavailable(place, answer, text, "a managed identity's end point")


def _read_error(place: str, error: Exception) -> Refusal:
    """Why there was no answer."""
    text = " ".join(str(error.__cause__ or error).split())[:300]
    if not _is_of_connection(error):
        return SignInRefused(Cause("AuthenticationFailed", f"{place}: {text}"))
    return SignInUnavailable(Cause("SignInUnavailable", f"{place} cannot be reached: {text}"))


def _build_unavailable(place: str, answer: Any, text: str, who: str) -> SignInUnavailable:
    text = text or f"something that is no answer of {who}"
    cause = Cause("SignInUnavailable", f"{place} answered with HTTP {answer.status_code}: {text}")
    return SignInUnavailable(cause, read_retry_after(answer.headers))


def _is_of_connection(error: Exception) -> bool:
    from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError

    of_sdk = isinstance(error, ServiceRequestError | ServiceResponseError)
    return of_sdk or isinstance(error.__cause__, AzureError | OSError)


def _read_oauth_error(answer: Any) -> Mapping[str, Any]:
    """The OAuth error in an answer; empty if there is none: an HTML page of a proxy, or JSON that is cut off."""
    body = _read_object(answer)
    return body if isinstance(body.get("error"), str) else {}


def _read_object(answer: Any) -> Mapping[str, Any]:
    try:
        body = json.loads(answer.text())
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _passes(told: Mapping[str, Any]) -> bool:
    return told["error"] in _PASSING_WORDS or bool(_read_numbers(told) & _PASSING)


def _read_numbers(told: Mapping[str, Any]) -> set[int]:
    """The AADSTS codes of an OAuth error."""
    listed = told.get("error_codes")
    numbers = {number for number in listed if isinstance(number, int)} if isinstance(listed, list) else set()
    return numbers | {int(number) for number in _NUMBER.findall(str(told.get("error_description", ""))[:200])}
