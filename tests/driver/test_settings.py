"""Each variable of the environment; faults are kept, never raised."""

import pytest
from cryptography.fernet import Fernet

from driver.errors import NotReady
from driver.settings import Settings, read

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
    assert (found.progress_events, found.southbound_log) == (False, True)
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
    ],
)
def test_a_fault_is_kept_and_names_the_variable(name: str, value: str) -> None:
    found = read({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "SEALING_KEYS": KEY, name: value})
    assert [fault.split()[0] for fault in found.faults] == [name]
    with pytest.raises(NotReady, match=f"^{name} "):
        found.require_ready()


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
