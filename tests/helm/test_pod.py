"""The driver's pod: what the Functions host needs, how it starts, ends, and what it may not do."""

import subprocess

import pytest

from driver import settings
from tests.helm.chart import CASES, OPENSHIFT, Object, Rendered, render
from tests.support.app import functions


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    return render(apis=OPENSHIFT)


def test_names_and_labels() -> None:
    for release in ("azure-driver", "trial"):
        rendered = render(release=release)
        deployment = rendered.one("Deployment")
        assert deployment["metadata"]["labels"].items() >= {"app": "azure-driver", "part-of": "lm"}.items()
        # The old chart's selector, which cannot change in a Deployment that is there.
        assert deployment["spec"]["selector"] == {"matchLabels": {"app": "azure-driver"}}
        assert rendered.pod["metadata"]["labels"].items() >= {"app": "azure-driver", "part-of": "lm"}.items()
        assert rendered.one("Service")["spec"]["selector"] == {"app": "azure-driver"}


def test_every_object_is_in_the_namespace_of_the_release() -> None:
    rendered = render(values="bundled-mssql", apis=OPENSHIFT, namespace="elsewhere")
    assert {item["metadata"]["namespace"] for item in rendered.objects} == {"elsewhere"}


@pytest.mark.parametrize("case", ["bundled-mssql", "trial"])
def test_selectors_of_the_service_meet_the_driver_only(case: str) -> None:
    rendered = render(values=case)
    selected = [
        item["metadata"]["name"]
        for item in [*rendered.workloads, *rendered.all("Pod")]
        if item["spec"].get("template", item)["metadata"]["labels"]["app"] == "azure-driver"
    ]
    assert selected == ["azure-driver"]


def test_environment_as_seen_on_the_real_host(rendered: Rendered) -> None:
    assert (
        rendered.env.items()
        >= {
            "AzureWebJobsScriptRoot": "/home/site/wwwroot",
            "AzureFunctionsJobHost__Logging__Console__IsEnabled": "true",
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "FUNCTIONS_WORKER_PROCESS_COUNT": "1",
            "PYTHON_THREADPOOL_THREAD_COUNT": "8",
            "PYTHON_ENABLE_INIT_INDEXING": "1",
            "AzureFunctionsWebHost__hostid": "azure-driver",
            "WEBSITE_HOSTNAME": "azure-driver.lm.svc:7275",
            "AzureWebJobsSecretStorageType": "kubernetes",
            "FUNCTIONS_SECRETS_PATH": "/tmp/secrets",
            "AzureWebJobsDisableHomepage": "true",
            "ASPNETCORE_URLS": "https://+:7275",
            "ASPNETCORE_Kestrel__Certificates__Default__Path": "/var/azuredriver/certs/tls.crt",
            "ASPNETCORE_Kestrel__Certificates__Default__KeyPath": "/var/azuredriver/certs/tls.key",
            "ASPNETCORE_SHUTDOWNTIMEOUTSECONDS": "60",
            "HOME": "/tmp",
        }.items()
    )
    names = {item["name"] for item in rendered.container["env"]}
    assert not names & {
        "URLS",
        "POD_NAMESPACE",
        "CONTAINER_NAME",
        "WEBSITE_INSTANCE_ID",
        "AzureWebJobsKubernetesSecretName",
    }
    assert len(names) == len(rendered.container["env"])


def test_without_tls_kestrel_speaks_http() -> None:
    rendered = render(values="edge", apis=OPENSHIFT)
    assert rendered.env["ASPNETCORE_URLS"] == "http://+:7275"
    assert rendered.env["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] == "true"
    assert "ASPNETCORE_Kestrel__Certificates__Default__Path" not in rendered.env
    assert rendered.container["readinessProbe"]["httpGet"]["scheme"] == "HTTP"
    assert rendered.one("Route")["spec"]["tls"]["termination"] == "edge"


def test_log_is_json_lines_where_it_is_collected() -> None:
    name = "AzureFunctionsJobHost__Logging__Console__FormatterName"
    assert render().env[name] == "json"
    assert name not in render("app.config.env.LOG_TYPE=plain").env
    assert render().env["LOG_OUTPUT"] == "container", "the driver's lines are not wrapped into the host's"
    assert render("app.config.env.LOG_OUTPUT=host").env["LOG_OUTPUT"] == "host"
    assert (render().env["PROGRESS_EVENTS"], render().env["SOUTHBOUND_LOG"]) == ("true", "false")
    assert render("app.config.env.SOUTHBOUND_LOG=true").env["SOUTHBOUND_LOG"] == "true"
    assert render().env["CONSOLE"] == "true"
    assert render("app.config.env.CONSOLE=false").env["CONSOLE"] == "false"


def test_probes(rendered: Rendered) -> None:
    def asked(probe: str) -> Object:
        request: Object = rendered.container[probe]["httpGet"]
        return request

    assert asked("startupProbe") == {"path": "/", "port": "https", "scheme": "HTTPS"}
    assert asked("livenessProbe") == {"path": "/admin/host/ping", "port": "https", "scheme": "HTTPS"}
    assert asked("readinessProbe") == {"path": "/management/health", "port": "https", "scheme": "HTTPS"}
    startup = rendered.container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == 180
    assert startup["timeoutSeconds"] == 5
    assert rendered.container["ports"] == [{"name": "https", "containerPort": 7275, "protocol": "TCP"}]


def test_ends_gently(rendered: Rendered) -> None:
    pause = rendered.container["lifecycle"]["preStop"]["exec"]["command"]
    assert pause == ["sleep", "10"]
    # The worker takes up to 10 s more than the host's own time.
    assert rendered.pod["spec"]["terminationGracePeriodSeconds"] >= 10 + 60 + 10
    assert rendered.one("Deployment")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("apis", [(), OPENSHIFT], ids=["kubernetes", "openshift"])
def test_pods_are_restricted(case: str, apis: tuple[str, ...]) -> None:
    """Pod Security "restricted" and OpenShift's restricted-v2."""
    rendered = render(values=case, apis=apis)
    specs = [item["spec"]["template"]["spec"] for item in rendered.workloads]
    specs += [item["spec"] for item in rendered.all("Pod")]
    for spec in specs:
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        # restricted-v2 refuses a user outside the namespace's range; elsewhere the image's is named.
        assert ("runAsUser" in spec["securityContext"]) == (not apis or case == "extras")
        assert ("fsGroup" in spec["securityContext"]) == (not apis or case == "extras")
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"]["drop"] == ["ALL"]
            assert set(context["capabilities"].get("add", [])) <= {"NET_BIND_SERVICE"}
            assert context.get("readOnlyRootFilesystem", False) is (container["name"] != "mssql")
            assert (
                container["resources"]["requests"].keys()
                == container["resources"]["limits"].keys()
                == {"cpu", "memory"}
            )


def test_only_tmp_is_written(rendered: Rendered) -> None:
    volumes = {volume["name"]: volume for volume in rendered.pod["spec"]["volumes"]}
    writable = [mount for mount in rendered.container["volumeMounts"] if not mount.get("readOnly")]
    assert [mount["mountPath"] for mount in writable] == ["/tmp"]
    assert "emptyDir" in volumes["tmp"]
    assert all("subPath" not in mount for mount in rendered.container["volumeMounts"]), "subPath mounts never change"
    assert all(volume["secret"]["defaultMode"] == 0o440 for volume in volumes.values() if "secret" in volume)


@pytest.mark.slow
def test_mounts_and_volumes_go_together() -> None:
    for case in CASES:
        rendered = render(values=case)
        assert {mount["name"] for mount in rendered.container["volumeMounts"]} == {
            volume["name"] for volume in rendered.pod["spec"]["volumes"]
        }


def test_extras() -> None:
    rendered = render(values="extras")
    assert rendered.env["TRANSITION_TIMEOUT_MINUTES"] == "90"
    assert {"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}} in rendered.container["env"]
    assert {"name": "packages", "mountPath": "/packages", "readOnly": True} in rendered.container["volumeMounts"]
    assert rendered.pod["metadata"]["labels"]["team"] == "lm"
    assert rendered.pod["spec"]["serviceAccountName"] == "lm"
    assert rendered.pod["spec"]["priorityClassName"] == "system-cluster-critical"
    assert rendered.all("ServiceAccount") == []


def test_air_gapped() -> None:
    rendered = render(values="air-gapped")
    storage = rendered.one("StatefulSet", "azure-driver-azurite")["spec"]["template"]["spec"]
    assert storage["containers"][0]["image"] == "registry.internal:5000/azure-storage/azurite:3.35.0"
    assert storage["imagePullSecrets"] == [{"name": "internal-registry"}]
    assert rendered.container["image"] == f"registry.internal:5000/lm/azure-driver@sha256:{'0123456789abcdef' * 4}"
    assert rendered.pod["spec"]["imagePullSecrets"] == [{"name": "internal-registry"}]
    assert rendered.env["AZURE_RESOURCE_MANAGER_URL"] == "https://management.azure.internal"
    assert rendered.env["AZURE_AUTHORITY_HOST"] == "https://login.azure.internal"
    assert rendered.env["ARM_GATEWAY_HOSTS"] == "management.azure.com,management.azure.internal:8443"
    assert rendered.env["REGISTER_PROVIDERS"] == "false"
    assert (
        rendered.env["REQUESTS_CA_BUNDLE"] == rendered.env["SSL_CERT_FILE"] == "/var/azuredriver/azure-ca/ca-bundle.crt"
    )


def test_identities_and_clouds_are_what_the_driver_reads() -> None:
    found = settings.read(render(values="workload-identity").env | {"AZURE_FEDERATED_TOKEN_FILE": "/token"})
    workload, managed = found.identities
    assert (workload.kind, workload.client_id[-1], workload.tenant_id[-1]) == ("workloadIdentity", "1", "2")
    assert (managed.kind, managed.client_id, managed.subscriptions) == ("managedIdentity", "", ("*",))
    (cloud,) = settings.read(render(values="air-gapped").env).clouds
    assert (cloud.name, cloud.scope) == ("Internal2", "https://management.azure2.internal/5f/.default")
    assert not {"AZURE_IDENTITIES", "AZURE_CLOUDS"} & render().env.keys()


def test_workload_identity_is_on_service_account_and_pods() -> None:
    rendered = render(values="workload-identity")
    client_id = "00000000-0000-0000-0000-000000000001"
    annotations = rendered.one("ServiceAccount")["metadata"]["annotations"]
    assert annotations == {"azure.workload.identity/client-id": client_id}
    assert rendered.pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert rendered.pod["spec"]["serviceAccountName"] == rendered.one("ServiceAccount")["metadata"]["name"]
    assert "azure.workload.identity/use" not in render().pod["metadata"]["labels"]


def test_keys_for_every_http_function() -> None:
    """The host would make a key that it does not find, and cannot: the mount is read-only."""
    http = {
        function.get_function_name().lower()
        for function in functions()
        if any(binding.type == "httpTrigger" for binding in function.get_bindings())
    }
    keys = render().secret("azure-driver-function-keys")
    assert keys.keys() == {
        "host.master",
        "host.function.default",
        "host.systemKey.default",
        "host.systemKey.durabletask_extension",
        "functions.show_metrics.default",  # the app has it where metrics are on, as they are in the chart
        *(f"functions.{name}.default" for name in http),
    }
    assert len(set(keys.values())) == len(keys)
    assert all(len(key) == 56 for key in keys.values())
    mount = next(each for each in render().container["volumeMounts"] if each["name"] == "function-keys")
    assert mount["mountPath"] == "/run/secrets/functions-keys"


def test_env_command_starts_the_host_without_the_three_names() -> None:
    """The same `env -u` before a program that shows its environment: what SIGTERM reaches is the program itself."""
    command = [*render().container["command"][:-1], "sh", "-c", "echo $$; env"]
    done = subprocess.Popen(
        command,
        env={"PATH": "/usr/bin:/bin", "URLS": "http://x", "POD_NAMESPACE": "lm", "CONTAINER_NAME": "c", "KEPT": "yes"},
        stdout=subprocess.PIPE,
        text=True,
    )
    printed, _ = done.communicate(timeout=10)
    pid, *variables = printed.splitlines()
    assert int(pid) == done.pid
    assert "KEPT=yes" in variables
    assert not [each for each in variables if each.startswith(("URLS=", "POD_NAMESPACE=", "CONTAINER_NAME="))]
