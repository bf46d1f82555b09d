"""Each variable of the environment; faults are kept, never raised."""

import pytest
from cryptography.fernet import Fernet

from driver.errors import NotReady
from driver.settings import Settings, read
from driver.variables import AZURE_MONITOR

KEY = Fernet.generate_key().decode()
OTHER = Fernet.generate_key().decode()


def test_an_empty_environment_gives_the_defaults_and_no_fault() -> None:
    assert read({}) == Settings()
    assert read({}).kafka_topic == "lm_vnfc_lifecycle_execution_events"


def test_every_variable() -> None:
    found = read(
        {
            "KAFKA_BOOTSTRAP_SERVERS": " kafka:9092 ",
            "KAFKA_TOPIC": "events",
            "KAFKA_CONFIG_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_CONFIG_SASL_PASSWORD": "kafka-password",
            "AZURE_AUTHORITY_HOST": "https://login.own/",
            "AZURE_RESOURCE_MANAGER_URL": "arm.own",
            "ARM_GATEWAY_HOSTS": "gateway.own, ARM.own:8443,",
            "REGISTER_PROVIDERS": "False",
            "SEALING_KEYS": f"{KEY}, {OTHER}",
            "LOG_LEVEL": "debug",
            "LOG_TYPE": "LOGSTASH",
            "PROGRESS_EVENTS": "false",
            "SOUTHBOUND_LOG": "true",
            "CONSOLE": "true",
            "TRANSITION_TIMEOUT_MINUTES": "90",
        }
    )
    assert found.faults == ()
    assert (found.kafka_bootstrap_servers, found.kafka_topic) == ("kafka:9092", "events")
    assert dict(found.kafka_config) == {"security.protocol": "SASL_SSL", "sasl.password": "kafka-password"}
    assert (found.authority_host, found.resource_manager_url) == ("https://login.own", "https://arm.own")
    assert found.arm_gateway_hosts == ("gateway.own", "arm.own:8443")
    assert not found.register_providers
    assert found.sealing_keys == (KEY, OTHER)
    assert (found.log_level, found.log_type) == ("DEBUG", "logstash")
    assert (found.progress_events, found.southbound_log, found.console) == (False, True, True)
    assert found.transition_timeout_minutes == 90
    assert not found.events_to_log
    found.require_ready()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "loud"),
        ("EVENTS", "nowhere"),
        ("PROGRESS_EVENTS", "yes"),
        ("SOUTHBOUND_LOG", "1"),
        ("CONSOLE", "on"),
        ("AZURE_AUTHORITY_HOST", "http://login.own"),
        ("AZURE_RESOURCE_MANAGER_URL", "ftp://arm.own"),
        ("ARM_GATEWAY_HOSTS", "https://gateway.own"),
        ("ARM_GATEWAY_HOSTS", "gateway.own,me@gateway.own"),
        ("ARM_GATEWAY_HOSTS", "gateway.own:port"),
        ("ARM_GATEWAY_HOSTS", "*"),
        ("REGISTER_PROVIDERS", "perhaps"),
        ("TRANSITION_TIMEOUT_MINUTES", "0"),
        ("TRANSITION_TIMEOUT_MINUTES", "-5"),
        ("TRANSITION_TIMEOUT_MINUTES", "1.5"),
        ("TRANSITION_TIMEOUT_MINUTES", "an hour"),
        ("HISTORY_DAYS", "no"),
        ("OTEL_METRICS_EXPORTER", "prometheus,console"),
        ("OTEL_TRACES_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ],
)
def test_a_fault_is_kept_and_names_the_variable(name: str, value: str) -> None:
    found = read({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "SEALING_KEYS": KEY, name: value})
    assert [fault.split()[0] for fault in found.faults] == [name]
    with pytest.raises(NotReady, match=f"^{name} "):
        found.require_ready()


GUID = "11111111-2222-3333-4444-555555555555"
CLOUD = '{"name": "a", "authority": "https://a", "resourceManager": "https://b"}'


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{", "AZURE_IDENTITIES: Invalid JSON"),
        ("{}", "AZURE_IDENTITIES: "),
        ("[5]", "AZURE_IDENTITIES[0]: "),
        ('[{"subscriptions": ["*"]}]', "AZURE_IDENTITIES[0].kind: Field required"),
        ('[{"kind": "clientSecret", "subscriptions": ["*"]}]', "AZURE_IDENTITIES[0].kind: must be workloadIdentity or"),
        ('[{"kind": "managedIdentity"}]', "AZURE_IDENTITIES[0].subscriptions: Field required"),
        ('[{"kind": "managedIdentity", "subscriptions": []}]', "AZURE_IDENTITIES[0].subscriptions: "),
        ('[{"kind": "managedIdentity", "subscriptions": ["a"]}]', "[0].subscriptions[0]: must be a GUID such as"),
        ('[{"kind": "managedIdentity", "clientId": "a", "subscriptions": ["*"]}]', "[0].clientId: must be a GUID"),
        ('[{"kind": "managedIdentity", "tenantId": "a", "subscriptions": ["*"]}]', "[0].tenantId: must be a GUID"),
        ('[{"kind": "managedIdentity", "secret": "a", "subscriptions": ["*"]}]', "[0].secret: Extra inputs"),
        ('[{"kind": "workloadIdentity", "subscriptions": ["*"]}]', "[0]: workloadIdentity must have clientId and"),
        (
            f'[{{"kind": "managedIdentity", "subscriptions": ["*"], "auxiliaryTenants": ["{GUID}"]}}]',
            "[0]: managedIdentity takes no auxiliaryTenants",
        ),
        (
            f'[{{"kind": "workloadIdentity", "clientId": "{GUID}", "managedIdentity": "own", "subscriptions": ["*"]}}]',
            "[0].managedIdentity: must be the client id of a managed identity",
        ),
    ],
)
def test_faults_of_identities_name_the_entry(value: str, said: str) -> None:
    found = read({"AZURE_IDENTITIES": value})
    assert said in "; ".join(found.faults)
    assert found.identities == ()
    with pytest.raises(NotReady, match="AZURE_IDENTITIES"):
        found.require_ready()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[", "AZURE_CLOUDS: Invalid JSON"),
        ('[{"authority": "https://a", "resourceManager": "https://b"}]', "AZURE_CLOUDS[0].name: Field required"),
        ('[{"name": "a", "authority": "https://a"}]', "AZURE_CLOUDS[0]: must have authority and resourceManager"),
        ('[{"name": "a", "authority": "http://a", "resourceManager": "https://b"}]', "[0].authority: must be an https"),
        ('[{"name": "a", "authority": "https://a", "resourceManager": "b"}]', "[0].resourceManager: must be an https"),
        ('[{"name": "a", "authority": "https://u@a", "resourceManager": "https://b"}]', "[0].authority: must be an"),
        ('[{"name": "a", "metadata": "http://a"}]', "[0].metadata: must be an https:// address"),
        (f'[{CLOUD[:-1]}, "metadata": "https://a"}}]', "[0]: must have authority and resourceManager"),
        (f"[{CLOUD}, {CLOUD}]", "AZURE_CLOUDS[1].name: 'a' is the name of another cloud"),
        (
            '[{"name": "azurepubliccloud", "metadata": "https://a"}]',
            "AZURE_CLOUDS[0].name: 'azurepubliccloud' is the name of another cloud",
        ),
    ],
)
def test_faults_of_clouds_name_the_entry(value: str, said: str) -> None:
    assert said in "; ".join(read({"AZURE_CLOUDS": value}).faults)


def test_all_that_is_missing_is_named() -> None:
    with pytest.raises(NotReady, match=r"KAFKA_BOOTSTRAP_SERVERS is not set.*SEALING_KEYS nor SEALING_KEYS_FILE"):
        Settings().require_ready()


def test_events_may_go_to_the_log_without_a_broker() -> None:
    found = read({"EVENTS": "Log", "SEALING_KEYS": KEY})
    assert found.events_to_log
    found.require_ready()


def test_no_key_and_no_password_is_shown() -> None:
    found = read({"SEALING_KEYS": KEY, "KAFKA_CONFIG_SASL_PASSWORD": "kafka-password"})
    assert KEY not in repr(found)
    assert "kafka-password" not in repr(found)


INSIGHTS = {"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=11111111-1111-1111-1111-111111111111"}


@pytest.mark.parametrize(
    ("environment", "exporters"),
    [
        ({}, ()),
        ({"OTEL_METRICS_EXPORTER": "Prometheus"}, ("prometheus",)),
        ({"OTEL_METRICS_EXPORTER": "prometheus, none"}, ()),
        ({"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_SDK_DISABLED": "TRUE"}, ()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318/v1/metrics"}, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, ()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector", "OTEL_METRICS_EXPORTER": "prometheus"}, ("prometheus",)),
        ({"OTEL_METRICS_EXPORTER": "prometheus,otlp"}, ("prometheus", "otlp")),
        (INSIGHTS, (AZURE_MONITOR,)),
        ({**INSIGHTS, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ("otlp", AZURE_MONITOR)),
        ({**INSIGHTS, "OTEL_METRICS_EXPORTER": "none"}, ()),
        ({**INSIGHTS, "OTEL_METRICS_EXPORTER": "prometheus"}, ("prometheus",)),
    ],
)
def test_who_gets_the_metrics(environment: dict[str, str], exporters: tuple[str, ...]) -> None:
    found = read(environment)
    assert (found.metrics_exporters, found.faults) == (exporters, ())


def test_who_gets_the_traces() -> None:
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    assert read({}).traces_exporters == ()
    assert read(endpoint).traces_exporters == ("otlp",)
    assert read({**endpoint, "OTEL_TRACES_EXPORTER": "none"}).traces_exporters == ()
    assert read({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/v1/traces"}).traces_exporters == ("otlp",)
    assert read(INSIGHTS).traces_exporters == (AZURE_MONITOR,)


def test_application_insights_without_its_connection_string_is_a_fault() -> None:
    found = read({"OTEL_TRACES_EXPORTER": AZURE_MONITOR})
    assert found.traces_exporters == ()
    [fault] = found.faults
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING is missing" in fault
