"""The chart in a real API server: what `helm template` cannot show, since it knows no cluster."""

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helm import tools
from tests.helm.chart import CASES, CHART, OPENSHIFT, render
from tests.helm.cluster import Cluster, ClusterRefused, running
from tests.helm.tools import HELM3, HELM4, HELMS, Helm

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not tools.API_SERVER.exists() and os.environ.get("CI") != "true",
        reason="the Kubernetes API server is not built yet: make chart-tools",
    ),
]

NUMBERS = count(1)
MADE = {"azure-driver-tls", "azure-driver-sealing", "azure-driver-function-keys", "azure-driver-azurite"}

each_helm = pytest.mark.parametrize("helm", HELMS, ids=lambda helm: f"helm{helm.version}")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of its own that enforces Pod Security "restricted"."""
    name = f"test-{next(NUMBERS)}"
    label = {"pod-security.kubernetes.io/enforce": "restricted"}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": label}}
    cluster.kubectl("create", "--filename", "-", stdin=yaml.safe_dump(manifest))
    yield name
    # Node ports are the cluster's, and no controller empties a namespace here.
    cluster.kubectl("delete", "service", "--all", "--namespace", name)


def _secrets(cluster: Cluster, namespace: str) -> dict[str, dict[str, str]]:
    return {name: cluster.get("secret", name, namespace)["data"] for name in MADE}


def _deployment(cluster: Cluster, namespace: str) -> dict[str, Any]:
    return cluster.get("deployment", "azure-driver", namespace)


def _install(cluster: Cluster, helm: Helm, namespace: str, *arguments: str | Path) -> str:
    return cluster.helm(helm, "upgrade", "--install", "azure-driver", CHART, "--namespace", namespace, *arguments)


@each_helm
def test_upgrade_keeps_what_was_drawn_and_restarts_nothing(cluster: Cluster, namespace: str, helm: Helm) -> None:
    _install(cluster, helm, namespace)
    secrets, deployment = _secrets(cluster, namespace), _deployment(cluster, namespace)
    _install(cluster, helm, namespace)
    assert _secrets(cluster, namespace) == secrets
    after = _deployment(cluster, namespace)
    assert after["spec"] == deployment["spec"]
    assert after["metadata"]["generation"] == deployment["metadata"]["generation"]


@each_helm
def test_pem_for_lmctl(cluster: Cluster, namespace: str, helm: Helm) -> None:
    _install(cluster, helm, namespace)
    template = 'go-template={{index .data "tls.crt"}}'
    printed = cluster.kubectl("get", "secret", "azure-driver-tls", "--namespace", namespace, "--output", template)
    assert base64.b64decode(printed).startswith(b"-----BEGIN CERTIFICATE-----\n")


def test_deleted_certificate_is_made_anew_and_restarts_the_pods(cluster: Cluster, namespace: str) -> None:
    _install(cluster, HELM3, namespace)
    secrets, deployment = _secrets(cluster, namespace), _deployment(cluster, namespace)
    cluster.kubectl("delete", "secret", "azure-driver-tls", "--namespace", namespace)
    _install(cluster, HELM3, namespace)
    after = _secrets(cluster, namespace)
    assert after["azure-driver-tls"] != secrets["azure-driver-tls"]
    assert after["azure-driver-sealing"] == secrets["azure-driver-sealing"]
    assert _deployment(cluster, namespace)["metadata"]["generation"] == deployment["metadata"]["generation"] + 1


@each_helm
def test_secrets_outlive_the_release_and_are_taken_up_again(cluster: Cluster, namespace: str, helm: Helm) -> None:
    _install(cluster, helm, namespace)
    secrets = _secrets(cluster, namespace)
    cluster.helm(helm, "uninstall", "azure-driver", "--namespace", namespace)
    assert cluster.names("deployment.apps", namespace) == set()
    assert _secrets(cluster, namespace) == secrets
    _install(cluster, helm, namespace)
    assert _secrets(cluster, namespace) == secrets


def test_new_http_function_gets_its_key(cluster: Cluster, namespace: str) -> None:
    """An upgrade adds the keys that the Secret of an earlier version lacks, and keeps the others."""
    _install(cluster, HELM3, namespace)
    before = _secrets(cluster, namespace)["azure-driver-function-keys"]
    patch = '[{"op": "remove", "path": "/data/functions.health.default"}]'
    cluster.kubectl(
        "patch", "secret", "azure-driver-function-keys", "--namespace", namespace, "--type", "json", "--patch", patch
    )
    _install(cluster, HELM3, namespace)
    after = _secrets(cluster, namespace)["azure-driver-function-keys"]
    changed = {name for name in after if after[name] != before[name]}
    assert (after.keys(), changed) == (before.keys(), {"functions.health.default"})


@each_helm
def test_upgrade_from_the_old_chart(cluster: Cluster, namespace: str, helm: Helm, tmp_path: Path) -> None:
    """The same Deployment goes on; the certificate that the resource manager trusts stays."""
    old = _old_chart(tmp_path)
    cluster.helm(helm, "install", "azure-driver", old, "--namespace", namespace)
    deployment = _deployment(cluster, namespace)
    certificate = cluster.get("secret", "azure-driver-tls", namespace)
    values = ("--values", CHART / "ci" / "old-values-values.yaml")
    _install(cluster, helm, namespace, *values)
    after = _deployment(cluster, namespace)
    assert after["metadata"]["uid"] == deployment["metadata"]["uid"]
    assert after["metadata"]["labels"]["helm.sh/chart"].startswith("azure-driver-2")
    assert cluster.get("secret", "azure-driver-tls", namespace)["data"] == certificate["data"]
    assert cluster.names("configmap", namespace) & {"azure-driver", "azure-driver-env"} == set()
    # And once more, with the certificate still not this release's.
    _install(cluster, helm, namespace, *values)
    assert cluster.get("secret", "azure-driver-tls", namespace)["data"] == certificate["data"]


@each_helm
@pytest.mark.parametrize("backend", ["mssql", "azureStorage", "azureManaged"])
def test_default_never_moves_a_release_to_another_backend(
    cluster: Cluster, namespace: str, backend: str, helm: Helm
) -> None:
    _install(cluster, helm, namespace, "--set", f"durable.backend={backend}")
    deployment = _deployment(cluster, namespace)
    words = f"this release runs with {backend}.*set durable.backend={backend} to keep it, or durable.backend=trial"
    with pytest.raises(ClusterRefused, match=words):
        _install(cluster, helm, namespace, "--reset-values")
    assert _deployment(cluster, namespace) == deployment
    assert cluster.names("statefulset.apps", namespace) == set()
    _install(cluster, helm, namespace, "--set", "durable.backend=trial")
    _install(cluster, helm, namespace, "--reset-values")
    assert cluster.names("statefulset.apps", namespace) == {"azure-driver-azurite"}


@each_helm
def test_default_of_an_earlier_version_is_not_left(
    cluster: Cluster, namespace: str, helm: Helm, tmp_path: Path
) -> None:
    """Its default was mssql, and it wrote no annotation: the environment tells."""
    earlier = _earlier_chart(tmp_path)
    cluster.helm(helm, "install", "azure-driver", earlier, "--namespace", namespace)
    assert "azure-driver/durable-backend" not in _deployment(cluster, namespace)["metadata"]["annotations"]
    with pytest.raises(ClusterRefused, match=r"runs with mssql.*set durable\.backend=mssql to keep it"):
        _install(cluster, helm, namespace)
    _install(cluster, helm, namespace, "--set", "durable.backend=mssql")


@pytest.mark.parametrize("case", ["keda-azure-storage", "workload-identity", "durable-task-scheduler"])
def test_backend_of_an_earlier_version_is_read_from_its_environment(
    cluster: Cluster, namespace: str, case: str, tmp_path: Path
) -> None:
    values = CHART / "ci" / f"{case}-values.yaml"
    cluster.helm(
        HELM3, "install", "azure-driver", _earlier_chart(tmp_path), "--namespace", namespace, "--values", values
    )
    backend = yaml.safe_load(values.read_text())["durable"]["backend"]
    with pytest.raises(ClusterRefused, match=f"set durable.backend={backend} to keep it"):
        _install(cluster, HELM3, namespace, "--reset-values")


@each_helm
def test_upgrade_of_the_chart_does_not_restart_the_trial_s_storage(
    cluster: Cluster, namespace: str, helm: Helm, tmp_path: Path
) -> None:
    _install(cluster, helm, namespace)
    before = cluster.get("statefulset", "azure-driver-azurite", namespace)
    newer = shutil.copytree(CHART, tmp_path / "azure-driver")
    text = (newer / "Chart.yaml").read_text()
    (newer / "Chart.yaml").write_text(text.replace("ersion: 2.0.0", "ersion: 2.0.1"))
    cluster.helm(helm, "upgrade", "azure-driver", newer, "--namespace", namespace)
    after = cluster.get("statefulset", "azure-driver-azurite", namespace)
    assert after["metadata"]["labels"]["helm.sh/chart"] == "azure-driver-2.0.1"
    assert after["spec"] == before["spec"]


def test_notes_tell_of_what_is_missing_only(cluster: Cluster, namespace: str) -> None:
    backend = ("--set", "durable.backend=mssql")
    printed = _install(cluster, HELM3, namespace, *backend)
    assert "WAITING: the pods start once the Secret azure-driver-database exists" in printed
    literal = "--from-literal=connectionString=Server=tcp:db"
    cluster.kubectl("create", "secret", "generic", "azure-driver-database", literal, "--namespace", namespace)
    assert "WAITING" not in _install(cluster, HELM3, namespace, *backend)


@each_helm
def test_scaling_by_hand_lasts_until_the_value_changes(cluster: Cluster, namespace: str, helm: Helm) -> None:
    """oc scale deploy azure-driver --replicas 3"""
    _install(cluster, helm, namespace)
    cluster.kubectl("scale", "deployment", "azure-driver", "--replicas", "3", "--namespace", namespace)
    _install(cluster, helm, namespace, "--set", "app.config.log.level=DEBUG")
    assert _deployment(cluster, namespace)["spec"]["replicas"] == 3
    force = () if helm is HELM3 else ("--force-conflicts",)
    _install(cluster, helm, namespace, "--set", "app.replicas=2", *force)
    assert _deployment(cluster, namespace)["spec"]["replicas"] == 2


@each_helm
def test_autoscaler_takes_over(cluster: Cluster, namespace: str, helm: Helm) -> None:
    _install(cluster, helm, namespace, "--set", "app.replicas=3")
    autoscaler = ("--set", "app.autoscaler.enabled=true")
    _install(cluster, helm, namespace, *autoscaler)
    # Kubernetes' default for a field that nobody owns any more: docs/scaling.md says so.
    assert _deployment(cluster, namespace)["spec"]["replicas"] == 1
    cluster.kubectl("scale", "deployment", "azure-driver", "--replicas", "5", "--namespace", namespace)
    _install(cluster, helm, namespace, *autoscaler, "--set", "app.config.log.level=DEBUG")
    assert _deployment(cluster, namespace)["spec"]["replicas"] == 5


@pytest.mark.parametrize("apis", [(), OPENSHIFT], ids=["kubernetes", "openshift"])
@pytest.mark.parametrize("case", CASES)
def test_api_server_takes_every_object(cluster: Cluster, namespace: str, case: str, apis: tuple[str, ...]) -> None:
    """Strict fields, defaulting, validation, the custom resources' rules; pods under "restricted"."""
    rendered = render(values=case, apis=apis, namespace=namespace)
    objects = rendered.objects + [_pod(item, namespace) for item in rendered.workloads]
    command = ("create", "--dry-run=server", "--validate=strict", "--namespace", namespace, "--filename", "-")
    printed = cluster.kubectl(*command, stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    assert len(printed.splitlines()) == len(objects)


def _pod(workload: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The pod that a controller would make: with a StatefulSet's claims as volumes."""
    template = workload["spec"]["template"]
    claims = [
        {
            "name": claim["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": f"{claim['metadata']['name']}-pod-0"},
        }
        for claim in workload["spec"].get("volumeClaimTemplates", [])
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": template["metadata"] | {"name": "pod", "namespace": namespace},
        "spec": template["spec"] | {"volumes": template["spec"]["volumes"] + claims},
    }


def test_restricted_is_enforced(cluster: Cluster, namespace: str) -> None:
    """That the namespaces of these tests would refuse a pod that asks for more."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}}
    pod |= {"spec": {"containers": [{"name": "pod", "image": "azure-driver"}]}}
    with pytest.raises(ClusterRefused, match="violates PodSecurity"):
        cluster.kubectl(
            "create", "--dry-run=server", "--namespace", namespace, "--filename", "-", stdin=yaml.safe_dump(pod)
        )


def test_helm_test_is_a_hook(cluster: Cluster, namespace: str) -> None:
    _install(cluster, HELM4, namespace)
    hooks = yaml.safe_load(cluster.helm(HELM4, "get", "hooks", "azure-driver", "--namespace", namespace))
    assert hooks["metadata"]["name"] == "azure-driver-test-health"
    assert cluster.names("pod", namespace) == set(), "it runs when it is asked for"


def _earlier_chart(folder: Path) -> Path:
    """This chart as it was before the trial: mssql by default, no annotation that names the backend."""
    chart = shutil.copytree(CHART, folder / "azure-driver")
    values, deployment = chart / "values.yaml", chart / "templates" / "deployment.yaml"
    values.write_text(re.sub(r'^  backend: ""$', "  backend: mssql", values.read_text(), flags=re.MULTILINE))
    deployment.write_text(
        re.sub(r"^ *azure-driver/durable-backend:.*\n", "", deployment.read_text(), flags=re.MULTILINE)
    )
    return chart


def _old_chart(folder: Path) -> Path:
    """A chart with what the old one made, as far as an upgrade meets it: names, selectors, the certificate's hook."""
    chart = folder / "azure-driver"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: azure-driver\nversion: 1.0.0\n")
    label = {"app": "azure-driver"}
    container = {"name": "azure-driver", "image": "azure-driver:1.0.0", "ports": [{"containerPort": 7275}]}
    template = {"metadata": {"labels": label | {"part-of": "lm"}}, "spec": {"containers": [container]}}
    hook = {"helm.sh/hook": "pre-install", "helm.sh/hook-delete-policy": "before-hook-creation"}
    certificate = render().one("Secret", "azure-driver-tls")["data"]
    port = {"name": "http", "port": 7275, "targetPort": 7275, "nodePort": 30258}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "azure-driver"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "azure-driver-env"}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": "azure-driver-tls", "annotations": hook},
            "data": certificate,
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "azure-driver", "labels": label},
            "spec": {"type": "NodePort", "ports": [port], "selector": label},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "azure-driver"},
            "spec": {"replicas": 1, "selector": {"matchLabels": label}, "template": template},
        },
    ]
    (chart / "templates" / "all.yaml").write_text(yaml.safe_dump_all(objects))
    return chart
