"""The driver's settings. Only this module reads the environment; docs/configuration.md is generated from it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from driver import variables
from driver.clouds import Cloud, read_clouds
from driver.errors import NotReady
from driver.identities import Identity, read_identities
from driver.variables import AZURE_MONITOR

KAFKA_CONFIG = "KAFKA_CONFIG_"
BACKEND = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type"
TRIAL_HUB = "trial: a kill of the task hub's pod loses the requests that were accepted in the last seconds"
# Bytes of one payload that Durable Task Scheduler takes (1 MB), less room for what surrounds it.
# learn.microsoft.com/azure/durable-task/scheduler/durable-task-scheduler, "limitations"
SCHEDULER_PAYLOAD = 1_000_000
LOG_OUTPUTS = ("host", "container")
METRICS_EXPORTERS = ("prometheus", "otlp", AZURE_MONITOR, "none")
TRACES_EXPORTERS = ("otlp", AZURE_MONITOR, "none")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class Settings:
    """The settings of a process. Faults of the environment are kept in `faults`: the app still loads, and answers 503
    naming the variable. An exception at import would make the Functions host answer 404 to everything.

    The metadata of a field are the variables that it is read from, and their descriptions.
    """

    kafka_bootstrap_servers: str = field(
        default="",
        metadata={"KAFKA_BOOTSTRAP_SERVERS": "The resource manager's Kafka: host:port, comma-separated. Required."},
    )
    kafka_topic: str = field(
        default="lm_vnfc_lifecycle_execution_events", metadata={"KAFKA_TOPIC": "Topic of the events."}
    )
    kafka_config: tuple[tuple[str, str], ...] = field(
        default=(),
        repr=False,
        metadata={
            "KAFKA_CONFIG_<NAME>": "Any setting of librdkafka: KAFKA_CONFIG_SECURITY_PROTOCOL is security.protocol."
        },
    )
    events_to_log: bool = field(
        default=False, metadata={"EVENTS": "`log` sends events to the log instead of Kafka; for trials only."}
    )
    authority_host: str = field(
        default="",
        metadata={
            "AZURE_AUTHORITY_HOST": "Entra ID for deployment locations that name no cloud; the public cloud's if empty."
        },
    )
    resource_manager_url: str = field(
        default="",
        metadata={
            "AZURE_RESOURCE_MANAGER_URL": "Azure Resource Manager for deployment locations that name no cloud; the "
            "public cloud's if empty. https only."
        },
    )
    arm_gateway_hosts: tuple[str, ...] = field(
        default=(),
        metadata={
            "ARM_GATEWAY_HOSTS": "Hosts besides the Resource Manager's that its polling addresses may name, where a "
            "gateway is before it: `host` (at its port) or `host:port`, comma-separated. Tokens are sent to them."
        },
    )
    clouds: tuple[Cloud, ...] = field(
        default=(),
        metadata={
            "AZURE_CLOUDS": "Clouds that deployment locations may name besides Azure's own: a JSON list of "
            "`{name, authority, resourceManager, audience}`, or of `{name, metadata}` with the address of its "
            "metadata, which is read once."
        },
    )
    identities: tuple[Identity, ...] = field(
        default=(),
        metadata={
            "AZURE_IDENTITIES": "The driver's own identities that deployment locations may use, none if empty: a JSON "
            "list of `{kind, clientId, tenantId, subscriptions}`, kind `workloadIdentity` or `managedIdentity`."
        },
    )
    federated_token_file: str = field(
        default="",
        metadata={
            "AZURE_FEDERATED_TOKEN_FILE": "Token of the pod's service account for `workloadIdentity`; set by the "
            "webhook of Microsoft Entra Workload ID."
        },
    )
    register_providers: bool = field(
        default=True,
        metadata={
            "REGISTER_PROVIDERS": "`false`: the driver does not register resource providers in a subscription; a "
            "deployment that needs a missing one fails."
        },
    )
    sealing_keys: tuple[str, ...] = field(
        default=(),
        repr=False,
        metadata={
            "SEALING_KEYS": "Fernet keys, comma-separated: the first seals, all open. Required, unless "
            "SEALING_KEYS_FILE is set."
        },
    )
    sealing_keys_file: str = field(
        default="",
        metadata={
            "SEALING_KEYS_FILE": "File with the keys, separated by commas or lines; used if SEALING_KEYS is empty, "
            "and read again when it changes."
        },
    )
    log_level: str = field(default="INFO", metadata={"LOG_LEVEL": f"One of {', '.join(LOG_LEVELS)}."})
    log_type: str = field(
        default="plain", metadata={"LOG_TYPE": "`logstash` makes every line one JSON object; else plain text."}
    )
    log_output: str = field(
        default="host",
        metadata={
            "LOG_OUTPUT": "`host`: lines go through the Functions host, which wraps them; `container`: the driver's "
            "lines go to the container's output as they are, a line of more than 4,096 bytes cut."
        },
    )
    progress_events: bool = field(
        default=True,
        metadata={
            "PROGRESS_EVENTS": "`false`: the log has no progress events, which CP4NA's screens show of a transition."
        },
    )
    southbound_log: bool = field(
        default=False,
        metadata={
            "SOUTHBOUND_LOG": "`true`: the log has every call to Azure as a request and a response, in the form of "
            "CP4NA's screens, without secrets."
        },
    )
    console: bool = field(
        default=False,
        metadata={
            "CONSOLE": "`true`: the list of executions is on, and the console that shows it. Everybody who reaches "
            "the driver can read them. Set by the chart, and on Azure where all routes lie behind a secret path."
        },
    )
    metrics_exporters: tuple[str, ...] = field(
        default=(),
        metadata={
            "OTEL_METRICS_EXPORTER": "Who gets the metrics: `prometheus` (GET /metrics), `otlp`, "
            "`azure_monitor_opentelemetry_exporter` (Application Insights), several with commas, or `none`. Empty: "
            "`otlp` where an endpoint is given, and Application Insights where a connection string is.",
            "OTEL_SDK_DISABLED": "`true`: no metrics and no traces, whatever the other settings say.",
        },
    )
    traces_exporters: tuple[str, ...] = field(
        default=(),
        metadata={
            "OTEL_TRACES_EXPORTER": "Who gets the traces: `otlp`, `azure_monitor_opentelemetry_exporter`, both with a "
            "comma, or `none`. Empty: as with the metrics.",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "A collector: metrics go to `/v1/metrics` there, traces to `/v1/traces`. "
            "The other OTEL_* variables of OpenTelemetry's SDK and of its OTLP exporter are read, too.",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "The whole URL for the metrics.",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "The whole URL for the traces.",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "Only `http/protobuf`, which is the default.",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "Application Insights: metrics and traces go there. The Functions "
            "host reads it, too, and sends the log there. APPLICATIONINSIGHTS_AUTHENTICATION_STRING "
            "(`Authorization=AAD;ClientId=...`) names the managed identity that sends.",
        },
    )
    metrics_folder: str = field(
        default="",
        metadata={
            "PROMETHEUS_MULTIPROC_DIR": "Folder in which the worker processes of a host share their metrics for "
            "/metrics; it is created. Needed if there are several; two hosts must not share it."
        },
    )
    transition_timeout_minutes: int = field(
        default=14,
        metadata={
            "TRANSITION_TIMEOUT_MINUTES": "Minutes from the 202 to the event of a transition whose package gives no "
            "timeout: less than TNC-O's own, which is 15."
        },
    )
    history_days: int = field(
        default=7, metadata={"HISTORY_DAYS": "Days that ended executions stay in the task hub; then they are purged."}
    )
    bicep_path: str = field(
        default="",
        metadata={"BICEP_PATH": "The Bicep CLI. Without it driver files with Bicep need the compiled JSON beside it."},
    )
    task_hub_trial: bool = field(
        default=False,
        metadata={"TASK_HUB_TRIAL": "Set by the chart with `durable.backend=trial`: health and log say so."},
    )
    payload_limit: int = field(
        default=0,
        metadata={
            BACKEND: "Set by chart and hosting. With `azureManaged` (Durable Task Scheduler) what is larger than 1 MB "
            "is refused."
        },
    )
    faults: tuple[str, ...] = ()

    @property
    def pushes_metrics(self) -> bool:
        """Whether metrics are sent, and not only shown at /metrics."""
        return any(name != "prometheus" for name in self.metrics_exporters)

    def require_ready(self) -> None:
        """Raise NotReady if work accepted now could not be finished."""
        faults = list(self.faults)
        if not self.kafka_bootstrap_servers and not self.events_to_log:
            faults.append(
                "KAFKA_BOOTSTRAP_SERVERS is not set: there is no Kafka broker to report the end of a lifecycle to"
            )
        if not self.sealing_keys and not self.sealing_keys_file:
            faults.append(
                "neither SEALING_KEYS nor SEALING_KEYS_FILE gives a Fernet key: credentials could not be sealed"
            )
        if faults:
            raise NotReady("; ".join(faults))


def read(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. What is wrong in it is listed in `faults`."""
    faults: list[str] = []
    log_level = variables.read_choice(environment, "LOG_LEVEL", LOG_LEVELS, "INFO", faults)
    log_output = variables.read_choice(environment, "LOG_OUTPUT", LOG_OUTPUTS, "host", faults)
    events = variables.read_choice(environment, "EVENTS", ("kafka", "log"), "kafka", faults)
    variables.read_choice(environment, "OTEL_EXPORTER_OTLP_PROTOCOL", ("http/protobuf",), "http/protobuf", faults)
    collector = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    measured = environment.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", collector)
    traced = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector)
    return Settings(
        kafka_bootstrap_servers=environment.get("KAFKA_BOOTSTRAP_SERVERS", "").strip(),
        kafka_topic=environment.get("KAFKA_TOPIC") or Settings.kafka_topic,
        kafka_config=tuple(
            (name.removeprefix(KAFKA_CONFIG).lower().replace("_", "."), value)
            for name, value in sorted(environment.items())
            if name.startswith(KAFKA_CONFIG)
        ),
        events_to_log=events == "log",
        authority_host=variables.read_url(environment, "AZURE_AUTHORITY_HOST", faults),
        resource_manager_url=variables.read_url(environment, "AZURE_RESOURCE_MANAGER_URL", faults),
        arm_gateway_hosts=variables.read_hosts(environment, "ARM_GATEWAY_HOSTS", faults),
        clouds=read_clouds(environment.get("AZURE_CLOUDS", ""), faults),
        identities=read_identities(environment.get("AZURE_IDENTITIES", ""), faults),
        federated_token_file=environment.get("AZURE_FEDERATED_TOKEN_FILE", ""),
        register_providers=variables.read_switch(environment, "REGISTER_PROVIDERS", True, faults),
        sealing_keys=variables.split_keys(environment.get("SEALING_KEYS", "")),
        sealing_keys_file=environment.get("SEALING_KEYS_FILE", ""),
        log_level=log_level,
        log_output=log_output,
        log_type=environment.get("LOG_TYPE", "plain").lower(),
        progress_events=variables.read_switch(environment, "PROGRESS_EVENTS", True, faults),
        southbound_log=variables.read_switch(environment, "SOUTHBOUND_LOG", False, faults),
        console=variables.read_switch(environment, "CONSOLE", False, faults),
        metrics_exporters=variables.read_exporters(
            environment, "OTEL_METRICS_EXPORTER", METRICS_EXPORTERS, measured, faults
        ),
        traces_exporters=variables.read_exporters(
            environment, "OTEL_TRACES_EXPORTER", TRACES_EXPORTERS, traced, faults
        ),
        metrics_folder=environment.get("PROMETHEUS_MULTIPROC_DIR", ""),
        transition_timeout_minutes=variables.read_number(environment, "TRANSITION_TIMEOUT_MINUTES", 14, faults),
        history_days=variables.read_number(environment, "HISTORY_DAYS", 7, faults),
        bicep_path=environment.get("BICEP_PATH", ""),
        task_hub_trial=environment.get("TASK_HUB_TRIAL", "").lower() == "true",
        payload_limit=SCHEDULER_PAYLOAD if environment.get(BACKEND, "").lower() == "azuremanaged" else 0,
        faults=tuple(faults),
    )


@cache
def current() -> Settings:
    """The settings of this process, read once."""
    return read(os.environ)
