"""Renders the chart with the real Helm and reads what comes out."""

import base64
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.helm.tools import HELM3, ROOT, Helm

CHART = ROOT / "helm" / "azure-driver"
CASES = tuple(sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml")))
NAMESPACE = "lm"

OPENSHIFT = (
    "route.openshift.io/v1",
    "security.openshift.io/v1",
    "keda.sh/v1alpha1",
    "cert-manager.io/v1",
)

# A Kubernetes object, as it stands in YAML.
Object = dict[str, Any]


class Refused(Exception):
    """Helm did not render; the text is what it said."""


@dataclass(frozen=True)
class Rendered:
    """What `helm template` gave."""

    text: str

    @property
    def objects(self) -> list[Object]:
        """All objects, hooks included."""
        return [document for document in yaml.safe_load_all(self.text) if document]

    def all(self, kind: str) -> list[Object]:
        """The objects of a kind."""
        return [item for item in self.objects if item["kind"] == kind]

    def one(self, kind: str, name: str = "azure-driver") -> Object:
        """The object of that kind and name. Raises LookupError if there is none."""
        for item in self.all(kind):
            if item["metadata"]["name"] == name:
                return item
        raise LookupError(f"no {kind} {name} among {[(i['kind'], i['metadata']['name']) for i in self.objects]}")

    @property
    def workloads(self) -> list[Object]:
        """What keeps pods running: Deployments and StatefulSets."""
        return [*self.all("Deployment"), *self.all("StatefulSet")]

    @property
    def pod(self) -> Object:
        """The driver's pod template."""
        template: Object = self.one("Deployment")["spec"]["template"]
        return template

    @property
    def container(self) -> Object:
        """The driver's container."""
        (container,) = self.pod["spec"]["containers"]
        assert isinstance(container, dict)
        return container

    @property
    def env(self) -> dict[str, str]:
        """The container's variables that are given as values."""
        return {item["name"]: item["value"] for item in self.container["env"] if "value" in item}

    @property
    def env_from_secrets(self) -> dict[str, tuple[str, str]]:
        """The container's variables that come from Secrets: name -> (Secret, key)."""
        references = {
            item["name"]: item["valueFrom"]["secretKeyRef"]
            for item in self.container["env"]
            if "secretKeyRef" in item.get("valueFrom", {})
        }
        return {name: (reference["name"], reference["key"]) for name, reference in references.items()}

    def secret(self, name: str) -> dict[str, bytes]:
        """The decoded data of a Secret."""
        return {key: base64.b64decode(value) for key, value in self.one("Secret", name)["data"].items()}


def render(
    *settings: str,
    values: str | Path | Mapping[str, Any] | None = None,
    apis: Iterable[str] = (),
    helm: Helm = HELM3,
    release: str = "azure-driver",
    namespace: str = NAMESPACE,
) -> Rendered:
    """Render with `--set` settings over a case of ci/, a file or a mapping. Raises Refused with Helm's words."""
    arguments: list[str | Path] = ["template", release, CHART, "--namespace", namespace]
    for setting in settings:
        arguments += ["--set", setting]
    for api in apis:
        arguments += ["--api-versions", api]
    if isinstance(values, str):
        arguments += ["--values", CHART / "ci" / f"{values}-values.yaml"]
    elif isinstance(values, Path):
        arguments += ["--values", values]
    given = yaml.safe_dump(dict(values)) if isinstance(values, Mapping) else None
    if given is not None:
        arguments += ["--values", "-"]
    return Rendered(run(helm, *arguments, stdin=given))


def run(helm: Helm, *arguments: str | Path, stdin: str | None = None) -> str:
    """Run Helm, which is to know no cluster. Raises Refused with what it said."""
    done = subprocess.run(
        [helm.path, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=os.environ | {"KUBECONFIG": os.devnull},
    )
    if done.returncode:
        raise Refused(done.stderr + done.stdout)
    return done.stdout
