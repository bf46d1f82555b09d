"""Entra ID: the unmodified azure-identity gets its tokens, and its refusals."""

import re
from pathlib import Path

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

from tests.azure.emulator import SCOPE, SUBSCRIPTION, TENANT, Emulator, started

GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2022-09-01"


def token(emulator: Emulator, tenant: str = TENANT, client: str = "client", secret: str = "secret") -> str:
    with ClientSecretCredential(
        tenant, client, secret, authority=emulator.url, disable_instance_discovery=True
    ) as credential:
        return credential.get_token(SCOPE).token


def test_a_client_with_its_secret_gets_a_token_that_arm_accepts(quick: Emulator) -> None:
    headers = {"Authorization": f"Bearer {token(quick)}"}
    assert quick.session.get(quick.url + GROUPS, headers=headers, timeout=10).json() == {"value": []}


def test_a_wrong_secret_is_refused_as_entra_id_words_it(quick: Emulator) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret provided"):
        token(quick, secret="wrong-secret")


def test_an_unknown_tenant_is_refused(quick: Emulator) -> None:
    with pytest.raises(ClientAuthenticationError, match="Unable to get authority configuration"):
        token(quick, tenant="unknown.example.com")
    found = quick.session.get(f"{quick.url}/unknown.example.com/v2.0/.well-known/openid-configuration", timeout=10)
    assert (found.status_code, found.json()["error_codes"]) == (400, [90002])


@pytest.mark.parametrize(
    ("form", "status", "number"),
    [
        ({"grant_type": "password"}, 400, 70003),
        ({"grant_type": "client_credentials", "scope": SCOPE}, 400, 900144),
        ({"grant_type": "client_credentials", "scope": SCOPE, "client_id": "client"}, 401, 7000218),
    ],
)
def test_a_token_request_that_is_not_complete_is_refused(
    quick: Emulator, form: dict[str, str], status: int, number: int
) -> None:
    answer = quick.session.post(f"{quick.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=10)
    assert (answer.status_code, answer.json()["error_codes"]) == (status, [number])
    assert f"AADSTS{number}: " in answer.json()["error_description"]


def test_configured_clients_tenants_and_subscriptions_are_the_only_ones(tmp_path: Path) -> None:
    other = "00000000-1111-2222-3333-444444444444"
    options = ["--client", "tests=secret", "--tenant", TENANT, "--subscription", SUBSCRIPTION]
    with started(tmp_path, options) as emulator:
        form = {"grant_type": "client_credentials", "scope": SCOPE, "client_id": "tests", "client_secret": "another"}
        url = f"{emulator.url}/{TENANT}/oauth2/v2.0/token"
        assert emulator.session.post(url, data=form, timeout=10).json()["error_codes"] == [7000215]
        stranger = emulator.session.post(url, data=form | {"client_id": "stranger"}, timeout=10)
        assert stranger.json()["error_codes"] == [700016]
        elsewhere = emulator.session.post(url.replace(TENANT, other), data=form, timeout=10)
        assert elsewhere.json()["error_codes"] == [90002]
        missing = emulator.call("GET", GROUPS.replace(SUBSCRIPTION, other))
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "SubscriptionNotFound")


@pytest.mark.parametrize("header", [None, "Bearer not.a.token", "Basic abc"])
def test_arm_asks_for_a_valid_token(quick: Emulator, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(quick.url + GROUPS, headers=headers, verify=str(quick.ca), timeout=10)
    assert answer.status_code == 401
    assert re.match(r'Bearer authorization_uri="https://', answer.headers["www-authenticate"])


def test_instance_discovery_is_answered(quick: Emulator) -> None:
    found = quick.session.get(f"{quick.url}/common/discovery/instance", timeout=10).json()
    assert found["tenant_discovery_endpoint"].startswith(quick.url)
