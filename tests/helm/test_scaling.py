"""Replicas, autoscalers, the durable backends and their scalers, disruption."""

import pytest

from tests.helm.chart import Refused, Rendered, render

KEDA = ("durable.backend=mssql", "keda.enabled=true")
STORAGE_PROVIDER = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"

# What Azure Storage understands, and no other backend may be told.
AZURE_STORAGE = {
    "maxQueuePollingInterval": "00:00:02",
    "workItemQueueVisibilityTimeout": "00:01:00",
    "controlQueueVisibilityTimeout": "00:01:00",
}


def _storage_provider(rendered: Rendered) -> dict[str, str]:
    given = rendered.env.items()
    return {name.removeprefix(STORAGE_PROVIDER): value for name, value in given if name.startswith(STORAGE_PROVIDER)}


def _triggers(rendered: Rendered) -> list[tuple[str, dict[str, str]]]:
    return [(each["type"], each["metadata"]) for each in rendered.one("ScaledObject")["spec"]["triggers"]]


def test_replicas_are_left_to_who_scales() -> None:
    assert render("app.replicas=3").one("Deployment")["spec"]["replicas"] == 3
    assert "replicas" not in render("app.autoscaler.enabled=true").one("Deployment")["spec"]
    assert "replicas" not in render(*KEDA).one("Deployment")["spec"]


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ([], False),
        (["app.replicas=2"], True),
        (["app.autoscaler.enabled=true", "app.replicas=5"], False),
        (["app.autoscaler.enabled=true", "app.autoscaler.minReplicas=2"], True),
        ([*KEDA, "keda.minReplicas=2"], True),
        ([*KEDA, "app.replicas=5"], False),
        (["app.replicas=2", "podDisruptionBudget.enabled=false"], False),
    ],
)
def test_disruption_budget_only_where_two_pods_run(settings: list[str], made: bool) -> None:
    rendered = render(*settings)
    assert bool(rendered.all("PodDisruptionBudget")) == made
    if made:
        spec = rendered.one("PodDisruptionBudget")["spec"]
        assert spec == {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "azure-driver"}}}


def test_mssql() -> None:
    rendered = render(values="keda-mssql")
    assert _storage_provider(rendered) == {
        "type": "mssql",
        "connectionStringName": "SQLDB_Connection",
        "createDatabaseIfNotExists": "true",
        "schemaName": "durable",
    }
    assert rendered.env_from_secrets["SQLDB_Connection"] == ("azure-driver-database", "connectionString")
    assert not {name for name in rendered.env | rendered.env_from_secrets if name.startswith("AzureWebJobsStorage")}


def test_mssql_scaler_asks_with_the_driver_s_own_limits() -> None:
    rendered = render(values="keda-mssql")
    durable = "AzureFunctionsJobHost__extensions__durableTask__"
    orchestrators = rendered.env[f"{durable}maxConcurrentOrchestratorFunctions"]
    activities = rendered.env[f"{durable}maxConcurrentActivityFunctions"]
    assert (orchestrators, activities) == ("15", "10")
    assert _triggers(rendered) == [
        (
            "mssql",
            {"query": f"SELECT durable.GetScaleRecommendation({orchestrators}, {activities})", "targetValue": "1"},
        )
    ]
    references = rendered.one("TriggerAuthentication")["spec"]["secretTargetRef"]
    assert {each["parameter"]: (each["name"], each["key"]) for each in references} == {
        field: ("sql-login", field) for field in ("host", "port", "database", "username", "password")
    }


def test_azure_storage_scaler_looks_at_every_queue() -> None:
    rendered = render(values="keda-azure-storage")
    assert rendered.env["AzureFunctionsJobHost__extensions__durableTask__hubName"] == "AzureDriver"
    assert _storage_provider(rendered) == AZURE_STORAGE | {"partitionCount": "3"}
    assert "TASK_HUB_TRIAL" not in rendered.env
    assert rendered.env_from_secrets["AzureWebJobsStorage"] == ("azure-driver-storage", "connectionString")
    assert [(kind, metadata["queueName"]) for kind, metadata in _triggers(rendered)] == [
        ("azure-queue", "azuredriver-workitems"),
        ("azure-queue", "azuredriver-control-00"),
        ("azure-queue", "azuredriver-control-01"),
        ("azure-queue", "azuredriver-control-02"),
    ]
    assert rendered.one("TriggerAuthentication")["spec"]["secretTargetRef"] == [
        {"parameter": "connection", "name": "azure-driver-storage", "key": "connectionString"}
    ]


def test_workload_identity_needs_no_secret() -> None:
    rendered = render(values="workload-identity")
    client = "00000000-0000-0000-0000-000000000001"
    assert rendered.env["AzureWebJobsStorage__accountName"] == "azuredriverhub"
    assert rendered.env_from_secrets == {}
    assert rendered.pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    account = rendered.one("ServiceAccount")
    assert account["metadata"]["annotations"] == {"azure.workload.identity/client-id": client}
    assert rendered.pod["spec"]["serviceAccountName"] == account["metadata"]["name"]
    spec = rendered.one("TriggerAuthentication")["spec"]
    assert spec == {"podIdentity": {"provider": "azure-workload", "identityId": client}}
    assert all(metadata["accountName"] == "azuredriverhub" for _, metadata in _triggers(rendered))


def test_durable_task_scheduler() -> None:
    rendered = render(values="durable-task-scheduler")
    provider = _storage_provider(rendered)
    assert provider.keys() == {"type", "connectionStringName"}
    assert provider["type"] == "azureManaged"
    name = provider["connectionStringName"]
    assert rendered.env_from_secrets[name] == ("azure-driver-scheduler", "connectionString")
    assert [kind for kind, _ in _triggers(rendered)] == ["cpu", "kafka"]
    assert rendered.all("TriggerAuthentication") == []


def test_cpu_alone_has_no_fallback() -> None:
    """KEDA's admission refuses a fallback where only cpu and memory trigger."""
    assert "fallback" not in render(values="keda-cpu").one("ScaledObject")["spec"]
    assert render(values="keda-mssql").one("ScaledObject")["spec"]["fallback"] == {"failureThreshold": 3, "replicas": 2}


@pytest.mark.parametrize("settings", [("app.autoscaler.enabled=true",), KEDA], ids=["autoscaler", "keda"])
def test_scales_in_one_pod_at_a_time(settings: tuple[str, ...]) -> None:
    rendered = render(*settings)
    if rendered.all("ScaledObject"):
        spec = rendered.one("ScaledObject")["spec"]
        assert spec["minReplicaCount"] == 1
        behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    else:
        behavior = rendered.one("HorizontalPodAutoscaler")["spec"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 600
    assert behavior["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 120}]


def test_one_autoscaler_at_most() -> None:
    assert render("app.autoscaler.enabled=true").all("ScaledObject") == []
    assert render(*KEDA).all("HorizontalPodAutoscaler") == []
    with pytest.raises(Refused, match="enable one"):
        render("app.autoscaler.enabled=true", "keda.enabled=true")


def test_bundled_database_is_one_writer_and_its_own_login() -> None:
    rendered = render(values="bundled-mssql")
    database = rendered.one("Deployment", "azure-driver-mssql")["spec"]
    assert (database["replicas"], database["strategy"]) == (1, {"type": "Recreate"})
    assert rendered.env_from_secrets["SQLDB_Connection"] == ("azure-driver-mssql", "connectionString")
    login = {key: value.decode() for key, value in rendered.secret("azure-driver-mssql").items()}
    assert login["connectionString"] == (
        f"Server=tcp:{login['host']},{login['port']};Database={login['database']};User ID={login['username']};"
        f"Password={login['password']};Encrypt=True;TrustServerCertificate=True"
    )
    assert login["host"] == rendered.one("Service", "azure-driver-mssql")["metadata"]["name"]
    assert rendered.one("TriggerAuthentication")["spec"]["secretTargetRef"][0]["name"] == "azure-driver-mssql"
    assert rendered.one("PersistentVolumeClaim", "azure-driver-mssql")["spec"]["accessModes"] == ["ReadWriteOnce"]


@pytest.mark.parametrize("backend", ["trial", "mssql", "azureStorage", "azureManaged"])
def test_no_backend_brings_another_one(backend: str) -> None:
    rendered = render(f"durable.backend={backend}")
    assert [item["metadata"]["name"] for item in rendered.all("Deployment")] == ["azure-driver"]
    assert rendered.all("PersistentVolumeClaim") == []
    assert bool(rendered.all("StatefulSet")) == (backend == "trial")
    assert bool([item for item in rendered.objects if "azurite" in item["metadata"]["name"]]) == (backend == "trial")
    assert rendered.env.get("TASK_HUB_TRIAL") == ("true" if backend == "trial" else None)
    assert rendered.one("Deployment")["metadata"]["annotations"]["azure-driver/durable-backend"] == backend
