"""What the old chart's users gave goes on meaning the same."""

from typing import Any

import pytest
import yaml

from driver import keys, settings
from tests.helm.chart import OPENSHIFT, Rendered, render
from tests.helm.notes import notes


def test_old_install_command() -> None:
    """helm install azure-driver azure-driver-<v>.tgz --set docker.image=... --set docker.version=... -n ns"""
    rendered = render("docker.image=reg:5000/azure-driver", "docker.version=0.0.2", apis=OPENSHIFT)
    assert rendered.container["image"] == "reg:5000/azure-driver:0.0.2"
    assert rendered.one("Service")["spec"]["ports"][0]["port"] == 7275
    assert [(item["kind"], item["metadata"]["name"]) for item in rendered.workloads] == [
        ("Deployment", "azure-driver"),
        ("StatefulSet", "azure-driver-azurite"),
    ]
    secrets = {item["metadata"]["name"] for item in rendered.all("Secret")}
    assert {secret for secret, _ in rendered.env_from_secrets.values()} <= secrets, "nothing has to be made beforehand"
    volumes = [each["secret"]["secretName"] for each in rendered.pod["spec"]["volumes"] if "secret" in each]
    assert set(volumes) <= secrets
    assert {item["kind"] for item in rendered.objects if item["metadata"]["name"] == "azure-driver"} == {
        "Deployment",
        "NetworkPolicy",
        "Route",
        "Service",
        "ServiceAccount",
    }


def test_numbers_as_version_are_text() -> None:
    assert render("docker.version=2").container["image"] == "azure-driver:2"


def test_scaling_of_the_old_readme() -> None:
    """--set app.config.env.NUM_PROCESSES=9 --set app.config.env.NUM_THREADS=8 --set resources.requests.cpu=19 ..."""
    rendered = render(values="old-readme")
    assert rendered.env["FUNCTIONS_WORKER_PROCESS_COUNT"] == "9"
    assert rendered.env["PYTHON_THREADPOOL_THREAD_COUNT"] == "8"
    assert rendered.container["resources"]["requests"]["cpu"] == 19
    assert rendered.container["resources"]["limits"]["cpu"] == 19
    assert "NUM_PROCESSES" not in rendered.env
    assert "NUM_THREADS" not in rendered.env


@pytest.mark.parametrize(
    ("setting", "variable", "value"),
    [
        ("app.config.log.level=DEBUG", "LOG_LEVEL", "DEBUG"),
        ("app.config.env.LOG_TYPE=plain", "LOG_TYPE", "plain"),
        ("app.config.env.NUM_PROCESSES=3", "FUNCTIONS_WORKER_PROCESS_COUNT", "3"),
        ("app.config.env.NUM_THREADS=16", "PYTHON_THREADPOOL_THREAD_COUNT", "16"),
        ("app.config.env.HTTPS_PROXY=http://proxy:3128", "HTTPS_PROXY", "http://proxy:3128"),
        ("app.config.env.TRANSITION_TIMEOUT_MINUTES=90", "TRANSITION_TIMEOUT_MINUTES", "90"),
        ("app.config.env.BIG=100000000", "BIG", "100000000"),
        ("app.config.override.messaging.connection_address=k:9093", "KAFKA_BOOTSTRAP_SERVERS", "k:9093"),
        ("app.config.override.messaging.topics.lifecycle_execution_events.name=t", "KAFKA_TOPIC", "t"),
        ("app.config.override.messaging.config.security_protocol=SSL", "KAFKA_CONFIG_SECURITY_PROTOCOL", "SSL"),
        ("app.config.override.messaging.config.sasl_mechanism=PLAIN", "KAFKA_CONFIG_SASL_MECHANISMS", "PLAIN"),
        ("app.config.override.messaging.config.sasl_plain_username=u", "KAFKA_CONFIG_SASL_USERNAME", "u"),
        ("app.config.override.messaging.config.ssl_cafile=/ca.crt", "KAFKA_CONFIG_SSL_CA_LOCATION", "/ca.crt"),
        ("app.config.override.messaging.config.ssl_certfile=/c", "KAFKA_CONFIG_SSL_CERTIFICATE_LOCATION", "/c"),
        ("app.config.override.messaging.config.ssl_keyfile=/k", "KAFKA_CONFIG_SSL_KEY_LOCATION", "/k"),
        (
            "app.config.override.messaging.config.ssl_check_hostname=false",
            "KAFKA_CONFIG_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM",
            "none",
        ),
        ("app.config.override.messaging.config.request_timeout_ms=40000", "KAFKA_CONFIG_REQUEST_TIMEOUT_MS", "40000"),
        ("app.config.override.messaging.config.max_request_size=2000000", "KAFKA_CONFIG_MESSAGE_MAX_BYTES", "2000000"),
        ("kafka.bootstrapServers=k:9093", "KAFKA_BOOTSTRAP_SERVERS", "k:9093"),
    ],
)
def test_setting_becomes_variable(setting: str, variable: str, value: str) -> None:
    assert render(setting).env[variable] == value


def test_old_override_wins_over_the_new_default() -> None:
    rendered = render("app.config.override.messaging.connection_address=old:9092", "kafka.bootstrapServers=new:9092")
    assert rendered.env["KAFKA_BOOTSTRAP_SERVERS"] == "old:9092"


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("app.replicas=4", "spec.replicas", 4),
        ("app.tolerations[0].key=lm", "spec.template.spec.tolerations.0.key", "lm"),
        ("app.affinity.nodeAffinity.x=y", "spec.template.spec.affinity.nodeAffinity.x", "y"),
        ("docker.imagePullPolicy=Always", "spec.template.spec.containers.0.imagePullPolicy", "Always"),
        ("app.resources.limits.memory=5Gi", "spec.template.spec.containers.0.resources.limits.memory", "5Gi"),
        ("resources.limits.memory=6Gi", "spec.template.spec.containers.0.resources.limits.memory", "6Gi"),
        ("app.livenessProbe.periodSeconds=7", "spec.template.spec.containers.0.livenessProbe.periodSeconds", 7),
        ("app.readinessProbe.failureThreshold=9", "spec.template.spec.containers.0.readinessProbe.failureThreshold", 9),
        (
            "app.readinessProbe.initialDelaySeconds=5",
            "spec.template.spec.containers.0.readinessProbe.initialDelaySeconds",
            5,
        ),
    ],
)
def test_setting_stands_in_the_deployment(setting: str, path: str, value: object) -> None:
    found: Any = render(setting).one("Deployment")
    for step in path.split("."):
        found = found[int(step) if step.isdigit() else step]
    assert found == value


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe", "startupProbe"])
def test_probe_can_be_disabled(probe: str) -> None:
    assert probe in render().container
    assert probe not in render(f"app.{probe}.enabled=false").container


def test_service_and_ingress() -> None:
    service = render("service.type=NodePort", "service.nodePort=30300").one("Service")["spec"]
    assert (service["type"], service["ports"][0]["nodePort"]) == ("NodePort", 30300)
    assert "nodePort" not in render().one("Service")["spec"]["ports"][0]
    ingress = render("ingress.enabled=true", "ingress.host=a.lm").one("Ingress")["spec"]
    assert ingress["rules"][0]["host"] == "a.lm"


def test_route_as_the_old_one() -> None:
    spec = render(apis=OPENSHIFT).one("Route")["spec"]
    assert spec["tls"] == {"termination": "passthrough", "insecureEdgeTerminationPolicy": "Redirect"}
    assert render("route.enabled=false", apis=OPENSHIFT).all("Route") == []
    assert render().all("Route") == [], "a cluster without Routes gets none"


def test_autoscaler() -> None:
    settings_ = ("enabled=true", "minReplicas=2", "maxReplicas=5", "targetCPUUtilizationPercentage=60")
    spec = render(*[f"app.autoscaler.{each}" for each in settings_]).one("HorizontalPodAutoscaler")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 60


def test_whole_old_values_file_speaks_to_the_driver() -> None:
    """The environment that the old values file gives is one that the driver's own settings take without a fault."""
    rendered = render(values="old-values")
    environment = _environment(rendered)
    read = settings.read(environment)
    assert read.faults == ()
    file = "/var/azuredriver/sealing/keys"
    assert keys.find_fault(read) == f"SEALING_KEYS_FILE cannot be read: [Errno 2] No such file or directory: '{file}'"
    assert read.kafka_bootstrap_servers == "iaf-system-kafka-bootstrap:9093"
    assert read.log_level == "DEBUG"
    assert read.log_type == "logstash"
    assert dict(read.kafka_config) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": "azure-driver",
        "sasl.password": "not-a-real-password",
        "ssl.endpoint.identification.algorithm": "none",
    }


def test_password_is_not_in_the_deployment() -> None:
    rendered = render(values="old-values")
    assert "not-a-real-password" not in yaml.safe_dump(rendered.one("Deployment"))
    assert rendered.secret("azure-driver-kafka") == {"sasl.password": b"not-a-real-password"}


@pytest.mark.parametrize(
    "words",
    [
        "app.config.env.WSGI_CONTAINER",
        "app.config.override.application",
        "use kafka.bootstrapServers",
        "use kafka.config",
        "api_version_auto_timeout_ms",
        "use kafka.topic",
    ],
)
def test_deprecated_value_warns(words: str) -> None:
    assert any(words in line for line in notes(values="old-values").splitlines() if line.startswith("DEPRECATED: "))


def test_readme_resources_warn() -> None:
    assert "DEPRECATED: resources: use app.resources" in notes(values="old-readme")


def test_nothing_deprecated_in_the_defaults() -> None:
    assert "DEPRECATED" not in notes()


def _environment(rendered: Rendered) -> dict[str, str]:
    """The whole environment of the container, with what the chart's own Secrets give."""
    secrets = {item["metadata"]["name"] for item in rendered.all("Secret")}
    from_secrets = {
        name: rendered.secret(secret)[key].decode()
        for name, (secret, key) in rendered.env_from_secrets.items()
        if secret in secrets
    }
    return rendered.env | from_secrets
