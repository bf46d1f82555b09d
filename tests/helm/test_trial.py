"""The trial's task hub: Azurite in the release, and how the Functions host is led to it."""

import base64
from urllib.parse import urlsplit

import pytest

from tests.helm.chart import Object, Rendered, render

NAME = "azure-driver-azurite"
# The storage clients take the account from a URL's path on these ports only; on others from the host's name.
PORTS = {"blob": 10000, "queue": 10001, "table": 10002}


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    return render(namespace="elsewhere")


@pytest.fixture(scope="module")
def spec(rendered: Rendered) -> Object:
    found: Object = rendered.one("StatefulSet", NAME)["spec"]
    return found


@pytest.fixture(scope="module")
def container(spec: Object) -> Object:
    (found,) = spec["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def test_connection_string_leads_to_the_service(rendered: Rendered) -> None:
    assert rendered.env_from_secrets["AzureWebJobsStorage"] == (NAME, "connectionString")
    text = rendered.secret(NAME)["connectionString"].decode()
    fields = dict(field.split("=", 1) for field in text.split(";"))
    assert fields.keys() == {
        "DefaultEndpointsProtocol",
        "AccountName",
        "AccountKey",
        "BlobEndpoint",
        "QueueEndpoint",
        "TableEndpoint",
    }
    service = rendered.one("Service", NAME)
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert ports == PORTS
    for name, port in ports.items():
        url = urlsplit(fields[f"{name.capitalize()}Endpoint"])
        assert (url.scheme, url.hostname, url.port) == ("http", f"{NAME}.elsewhere.svc", port)
        assert url.path == f"/{fields['AccountName']}"


def test_azurite_knows_the_account_and_no_other(rendered: Rendered, container: Object) -> None:
    assert container["env"] == [
        {"name": "AZURITE_ACCOUNTS", "valueFrom": {"secretKeyRef": {"name": NAME, "key": "accounts"}}}
    ]
    account, key = rendered.secret(NAME)["accounts"].decode().split(":")
    assert len(base64.b64decode(key, validate=True)) == 64
    assert f";AccountName={account};AccountKey={key};" in rendered.secret(NAME)["connectionString"].decode()
    assert render().secret(NAME)["accounts"] != rendered.secret(NAME)["accounts"]


def test_azurite_is_the_first_process_and_takes_any_client(container: Object) -> None:
    # No shell before it: SIGTERM reaches it, and what it holds is written.
    assert container["command"] == ["azurite"]
    arguments = container["args"]
    options = {arguments[i]: arguments[i + 1] for i, each in enumerate(arguments[:-1]) if arguments[i + 1][:2] != "--"}
    assert options == {"--location": "/data"} | {f"--{service}Host": "0.0.0.0" for service in PORTS}
    assert set(arguments) - options.keys() - set(options.values()) == {
        "--disableProductStyleUrl",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--silent",
    }
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == PORTS


def test_only_its_volume_and_tmp_are_written(spec: Object, container: Object) -> None:
    assert {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]} == {
        "data": "/data",
        "tmp": "/tmp",
    }
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "data"
    assert claim["spec"] == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    assert [volume["name"] for volume in spec["template"]["spec"]["volumes"]] == ["tmp"]


def test_stops_cleanly_and_is_not_killed_for_being_slow(spec: Object, container: Object) -> None:
    assert spec["replicas"] == 1, "the volume has one writer"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 60
    liveness = container["livenessProbe"]
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 300


def test_values() -> None:
    spec = render(values="trial").one("StatefulSet", NAME)["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "standard"
    assert claim["spec"]["resources"]["requests"]["storage"] == "4Gi"
    pod = spec["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"] == {"cpu": "2", "memory": "2Gi"}
    assert pod["tolerations"] == [{"key": "ReservedForLm", "operator": "Exists", "effect": "NoSchedule"}]
    assert pod["nodeSelector"] == {"kubernetes.io/arch": "amd64"}


@pytest.mark.slow
def test_several_pods_share_it() -> None:
    for rendered in (render("app.replicas=3"), render(values="trial"), render(values="old-values")):
        provider = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"
        assert rendered.env[f"{provider}partitionCount"] == "4"
        assert rendered.one("StatefulSet", NAME)["spec"]["replicas"] == 1
    assert render("app.replicas=3").one("Deployment")["spec"]["replicas"] == 3
    scaler = render(values="trial").one("HorizontalPodAutoscaler")["spec"]
    assert (scaler["scaleTargetRef"]["kind"], scaler["minReplicas"]) == ("Deployment", 2)
