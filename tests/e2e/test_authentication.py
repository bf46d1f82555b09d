"""Lifecycles with each way to sign in, and through a rotation: app, local host, embedded Entra ID and ARM, Kafka."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from dev.brent import execute, vnet
from dev.stack import DEPLOYMENT_LOCATION, Stack
from tests.e2e.trial import Trial, eventually, started
from tests.support.certificates import claim, list_lines, make_identity
from tests.support.kafka import Kafka

GIVEN = DEPLOYMENT_LOCATION["properties"]
CERTIFIED, FEDERATED, MANAGED, EXCHANGED = (f"{digit * 8}-0000-0000-0000-000000000000" for digit in "4567")
ISSUER, SUBJECT = "https://oidc.cluster.example/", "system:serviceaccount:lm:azure-driver"
EXCHANGE = "api://AzureADTokenExchange"
PASSWORD = "n33dle-Passw0rd"
ONE, CLUSTER, NEXT = make_identity(), make_identity("cluster"), make_identity("another")
KINDS: dict[str, dict[str, Any]] = {
    "clientCertificate, PEM in one line": {
        "authentication": "clientCertificate",
        "clientId": CERTIFIED,
        "clientCertificate": " ".join(ONE.pem().split("\n")),
    },
    "clientCertificate, PKCS#12, in a cloud by its metadata": {
        "authentication": "clientCertificate",
        "clientId": CERTIFIED,
        "client_certificate": ONE.pkcs12(PASSWORD),
        "client_certificate_password": PASSWORD,
        "sendCertificateChain": True,
        "cloud": "Published",
    },
    "workloadIdentity, token file": {"authentication": "workloadIdentity", "clientId": FEDERATED},
    "workloadIdentity, managed identity, in a cloud by its addresses": {
        "authentication": "workloadIdentity",
        "clientId": EXCHANGED,
        "cloud": "listed",
    },
    "managedIdentity": {"authentication": "managedIdentity", "clientId": MANAGED},
}


@pytest.fixture(scope="module")
def trial(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A stack whose operator allows identities and clouds. Its host is a virtual machine with a managed identity."""
    folder: Path = tmp_path_factory.mktemp("authentication")
    token = folder / "token"
    token.write_text(CLUSTER.sign(claim(SUBJECT, EXCHANGE, iss=ISSUER)))
    stack = Stack(folder, provisioning_seconds=0.3, kafka=kafka.address)
    common = {"tenantId": GIVEN["tenantId"], "subscriptions": [GIVEN["subscriptionId"]]}
    identities = [
        {"kind": "workloadIdentity", "clientId": FEDERATED, **common},
        {"kind": "workloadIdentity", "clientId": EXCHANGED, "managedIdentity": MANAGED, **common},
        {"kind": "managedIdentity", "clientId": MANAGED, **common},
    ]
    clouds = [
        {"name": "Listed", "authority": stack.azure, "resourceManager": stack.azure},
        {"name": "Published", "metadata": f"{stack.azure}/metadata/endpoints?api-version=2022-09-01"},
    ]
    stack.settings |= {
        "AZURE_IDENTITIES": json.dumps(identities),
        "AZURE_CLOUDS": json.dumps(clouds),
        "AZURE_FEDERATED_TOKEN_FILE": str(token),
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": stack.azure,
        "LOG_LEVEL": "DEBUG",
    }
    with started(stack) as running:
        trust(running)
        yield running


def trust(trial: Trial) -> None:
    """Register the certificates and federated credentials of the applications."""
    query = {"api-version": "2018-02-01", "resource": EXCHANGE, "client_id": MANAGED}
    url, ca = f"{trial.stack.azure}/metadata/identity/oauth2/token", str(trial.stack.ca)
    answer = requests.get(url, params=query, headers={"Metadata": "true"}, verify=ca, timeout=10)
    own = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    federations = [
        {"clientId": FEDERATED, "issuer": ISSUER, "subject": SUBJECT, "key": CLUSTER.public_key},
        {"clientId": EXCHANGED, "issuer": own["iss"], "subject": own["sub"]},
    ]
    known = {"certificates": {CERTIFIED: [ONE.public]}, "federations": federations, "managedIdentities": [MANAGED]}
    trial._azure("POST", "/emulator/settings", json=known).raise_for_status()


def locate(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A request for a location without a secret, with these properties."""
    located = deepcopy(body)
    properties = {**located["deploymentLocation"]["properties"], **changes}
    if "authentication" in changes:
        del properties["clientSecret"]
    located["deploymentLocation"]["properties"] = properties
    return located


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_created_and_deleted_with_each_kind(trial: Trial, kind: str) -> None:
    group = trial.make_group("rg-authentication")
    network = vnet(f"vnet-{list(KINDS).index(kind)}", group)
    made = trial.completed(execute(trial.stack.driver, locate(trial.body(network), **KINDS[kind])), network)
    assert trial.in_azure(f"virtualNetworks/{network.properties['vnet_name']}")
    trial.completed(execute(trial.stack.driver, locate(trial.body(made, "Delete"), **KINDS[kind])), made)
    assert not trial.in_azure(f"virtualNetworks/{network.properties['vnet_name']}")


@pytest.mark.slow
def test_what_is_not_allowed_is_refused_before_the_202(trial: Trial) -> None:
    network = vnet("vnet-refused", "rg-authentication")
    for changes, said in (
        ({"authentication": "managedIdentity", "clientId": CERTIFIED}, f"'clientId' must be {MANAGED}"),
        ({"authentication": "clientCertificate", "clientCertificate": PASSWORD}, "'clientCertificate' must be PEM"),
        ({"cloud": "https://evil.example"}, "must be AzureCloud, AzureUSGovernment, AzureChinaCloud, Listed or Publ"),
    ):
        answer = trial.post(locate(trial.body(network), **changes))
        assert answer.status_code == 400
        assert said in answer.json()["localizedMessage"]
        assert PASSWORD not in answer.text


@pytest.mark.slow
def test_no_key_no_password_and_no_token_is_anywhere(trial: Trial) -> None:
    """After the tests before: logs at DEBUG, task hub, events."""
    group = trial.make_group("rg-needles")
    packed = NEXT.pkcs12(PASSWORD)
    changes = {"authentication": "clientCertificate", "clientId": CERTIFIED, "clientCertificate": packed}
    wrong = locate(trial.body(vnet("vnet-needles", group)), **changes, clientCertificatePassword=PASSWORD)
    failed, _ = trial.failed(execute(trial.stack.driver, wrong), vnet("vnet-needles", group))
    assert "AADSTS700027" in failed["description"]
    needles = [line for each in (ONE, NEXT) for line in list_lines(each.pem()) if len(line) >= 40]
    needles += [PASSWORD, packed[200:260], (trial.stack.folder / "token").read_text()[-60:]]
    places = [path for path in trial.stack.folder.rglob("*") if path.is_file() and path.name != "token"]
    assert {"host.log", "task-hub.sqlite"} <= {path.name for path in places}
    texts = [path.read_bytes().decode("latin-1") for path in places if path.parent.name != "tls"]
    texts += [json.dumps([event.key, event.value]) for event in trial.seen]
    assert [needle for needle in needles if any(needle in text for text in texts)] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_rotation_in_the_middle_of_a_lifecycle(kafka: Kafka, tmp_path: Path) -> None:
    """The one that runs fails when its token ends. Its deployment goes on, and is adopted with the new secret."""
    with started(Stack(tmp_path, provisioning_seconds=15, kafka=kafka.address)) as trial:
        group = trial.make_group("rg-rotation")
        network = vnet("vnet-1", group)
        trial._azure("POST", "/emulator/settings", json={"tokenSeconds": 6}).raise_for_status()
        body = trial.body(network)
        request_id = execute(trial.stack.driver, body)
        eventually(lambda: trial.in_azure("Microsoft.Resources/deployments"), seconds=30)
        trial._azure("POST", "/emulator/settings", json={"clients": {GIVEN["clientId"]: "new"}}).raise_for_status()
        failed, left = trial.failed(request_id, network)
        assert failed["failureCode"] == "INFRASTRUCTURE_ERROR"
        assert "AADSTS7000215" in failed["description"]
        assert "deployment location 'trial'" in failed["description"]

        record = trial.ended(request_id)["deployment"]["id"]
        wanted = replace(left, properties={**left.properties, "stack_id": record})
        eventually(lambda: read_state(trial, record) == "Succeeded")
        made = trial.completed(execute(trial.stack.driver, locate(trial.body(wanted), clientSecret="new")), wanted)
        assert trial.in_azure("virtualNetworks")
        trial.completed(execute(trial.stack.driver, locate(trial.body(made, "Delete"), clientSecret="new")), made)
        assert not trial.in_azure("virtualNetworks")


def read_state(trial: Trial, record: str) -> str:
    """The state of a deployment, read by somebody else."""
    form = {"grant_type": "client_credentials", "client_id": GIVEN["clientId"], "client_secret": "new"}
    url = f"/{GIVEN['tenantId']}/oauth2/v2.0/token"
    token = trial._azure("POST", url, data={**form, "scope": f"{trial.stack.azure}/.default"}).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = trial._azure("GET", record, params={"api-version": "2025-04-01"}, headers=headers)
    return str(answer.json()["properties"]["provisioningState"])
