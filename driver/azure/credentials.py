"""The credential of a deployment location, shared by the threads of a worker.

The SDK's own credential would try again and wait in the worker. Here Entra ID, or the end point of managed identities,
is asked once, with short time-outs, by one thread at a time. Others that need the token share its result, and wait for
it only a few seconds; while the token at hand is still good, nobody waits.
"""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from driver.azure import reachability
from driver.azure.oauth import read_identity_refusal, read_refusal
from driver.azure.refusals import Refusal, SignInUnavailable
from driver.azure.sdk_credentials import build_credential, read_token_file
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.settings import current

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

    from driver.azure.sdk_credentials import Credential

_MANAGED = "the managed identity of this host"
_RENEWED_SECONDS = 240  # before its end a token is renewed; the SDK's cache gives none that ends within 300
_LEAST_SECONDS = 1  # that a token must still be good for
_SHARED_SECONDS = 4.0  # from the beginning of a request, for which others wait for its result
_REFUSED_SECONDS = 5.0  # for which a refusal is shared; a longer Retry-After wins up to the next
_LONGEST_REFUSED_SECONDS = 60.0


class SharedCredential:
    """A credential that many threads share."""

    def __init__(self, location: AzureLocation) -> None:
        self._location = location
        is_managed = location.authentication == "managedIdentity"
        self._host = _MANAGED if is_managed else urlsplit(location.authority_host).netloc
        self._place = f"deployment location '{location.name}': {_MANAGED if is_managed else f'Entra ID ({self._host})'}"
        self._assertions = _build_assertions(location)
        self._lock = threading.Lock()  # held for moments only, never while something waits
        self._answer: Any = None  # the last HTTP response of Entra ID to the thread that asks it
        self._credential: Credential | None = self._build()
        self._token: AccessToken | None = None
        self._renew_at = 0.0
        self._request: Future[AccessToken] | None = None
        self._requested_at = 0.0
        self._refusal: Refusal | None = None
        self._refused_until = 0.0

    def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        """The token. Raises SignInRefused or SignInUnavailable."""
        with self._lock:
            token = None if options.get("claims") else self._find_good_token()
            if token and time.time() < self._renew_at:
                return token
            waits = self._refused_until - time.monotonic()
            if self._refusal and waits > 0:
                if token:
                    return token
                raise type(self._refusal)(self._refusal.cause, waits)
            request, is_ours = self._request, self._request is None
            if request is None:
                request, self._requested_at = Future(), time.monotonic()
                self._request = request
            left = self._requested_at + _SHARED_SECONDS - time.monotonic()
        if is_ours:
            self._fulfil(request, scopes, options)
        elif token:
            return token
        try:
            return request.result(timeout=max(0.0, left))
        except TimeoutError:
            text = f"{self._place} has not answered yet"
            raise SignInUnavailable(Cause("SignInUnavailable", text), _REFUSED_SECONDS) from None

    def forget(self, token: str) -> None:
        """Request a new token next time if the given one is the newest. The SDK's cache may still count it as valid."""
        with self._lock:
            if self._token and token == self._token.token:
                self._token, self._credential = None, None

    def _find_good_token(self) -> "AccessToken | None":
        return self._token if self._token and self._token.expires_on - time.time() > _LEAST_SECONDS else None

    def _fulfil(self, request: "Future[AccessToken]", scopes: tuple[str, ...], options: Mapping[str, Any]) -> None:
        """Request a token, and give the result to all that wait for it."""
        refusal: Refusal | None = None
        try:
            token = self._request_token(scopes, options)
        except Refusal as refused:
            refusal = refused
        except BaseException as error:
            with self._lock:
                self._request = None
            request.set_exception(error)
            return
        with self._lock:
            self._request, self._refusal = None, refusal
            if refusal is None:
                self._token = token
                left = token.expires_on - time.time()
                self._renew_at = token.expires_on - min(_RENEWED_SECONDS, left / 2)
            else:
                held = min(max(refusal.retry_after, _REFUSED_SECONDS), _LONGEST_REFUSED_SECONDS)
                self._refused_until = time.monotonic() + held
                good = self._find_good_token()
        if refusal is None:
            request.set_result(token)
        elif good:
            request.set_result(good)
        else:
            request.set_exception(refusal)

    def _request_token(self, scopes: tuple[str, ...], options: Mapping[str, Any]) -> "AccessToken":
        """Ask Entra ID for a token. Only one thread is ever here."""
        from azure.core.exceptions import AzureError

        self._answer = None
        credential = self._credential or self._build()
        try:
            token = credential.get_token(*scopes, **options)
        except (AzureError, ValueError, TypeError, AttributeError) as error:  # all but the first: it is no token's JSON
            self._credential = None  # the SDK would repeat some refusals out of a cache
            credential.close()
            is_managed = self._location.authentication == "managedIdentity"
            read = read_identity_refusal if is_managed else read_refusal
            refusal = read(self._place, self._answer, error)
            if isinstance(refusal, SignInUnavailable):
                reachability.ENTRA_ID.note_trouble(self._host, refusal.cause.message)
            else:
                reachability.ENTRA_ID.note_answer(self._host)
            raise refusal from error
        self._credential = credential
        if self._location.authentication == "workloadIdentity":  # its cache gives tokens up to their last second
            self._credential = None
            credential.close()
        reachability.ENTRA_ID.note_answer(self._host)
        return token

    def _build(self) -> "Credential":
        return build_credential(
            self._location,
            self._read_assertion,
            **_build_log(),
            raw_request_hook=lambda request: self._note_answer(None),
            raw_response_hook=lambda response: self._note_answer(response.http_response),
        )

    def _read_assertion(self) -> str:
        """The assertion that signs in a workload identity. Raises the refusal of the managed identity, or
        SignInUnavailable.
        """
        if self._assertions is None:
            return read_token_file(self._place)
        return self._assertions.get_token(self._location.assertion_scope).token

    def _note_answer(self, answer: Any) -> None:
        self._answer = answer


def _build_assertions(location: AzureLocation) -> "SharedCredential | None":
    """The managed identity whose tokens sign in a workload identity; None if the pod's token file does."""
    if not location.assertion_scope:
        return None
    identity = {"authentication": "managedIdentity", "client_id": location.assertion_client_id, "assertion_scope": ""}
    return SharedCredential(location.model_copy(update=identity))


def _build_log() -> dict[str, Any]:
    """The option of a credential that logs its calls as southbound messages, if these are logged."""
    if not current().southbound_log:
        return {}
    from driver.azure.southbound import SouthboundLog

    return {"_per_retry_policies": [SouthboundLog(has_bodies=False)]}
