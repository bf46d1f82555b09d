"""Every case of helm/azure-driver/ci through every tool: helm 3 and 4 lint and template, with and without OpenShift's
APIs, kubernetes-validate, the schemas of the custom resources, checkov.

    python -m tests.helm.matrix        a table; exit 1 if a tool found a fault
"""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import yaml

from tests.helm import custom_resources, tools
from tests.helm.chart import CASES, CHART, OPENSHIFT, Refused, Rendered, render, run
from tests.helm.tools import CACHE, HELMS, Helm, binary

EXCEPTIONS = Path(__file__).with_name("checkov-exceptions.yaml")
KUBERNETES = ("1.25.0", "1.37.0")


@dataclass(frozen=True)
class Rendering:
    """A case as one Helm rendered it, for OpenShift or for plain Kubernetes."""

    case: str
    helm: Helm
    openshift: bool

    @property
    def platform(self) -> str:
        """In a word."""
        return "openshift" if self.openshift else "kubernetes"

    @property
    def path(self) -> Path:
        """Where its YAML is."""
        return CACHE.with_name("chart-matrix") / f"{self.case}.{self.platform}.helm{self.helm.version}.yaml"


MATRIX = tuple(Rendering(*each) for each in product(CASES, HELMS, (False, True)))


def render_all() -> list[str]:
    """Write every rendering; what Helm refused, one line each."""
    MATRIX[0].path.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        return [fault for fault in pool.map(_render, MATRIX) if fault]


def lint() -> list[str]:
    """What `helm lint --strict` says against a case."""
    faults = []
    for case, helm in product(CASES, HELMS):
        try:
            run(helm, "lint", "--strict", CHART, "--values", CHART / "ci" / f"{case}-values.yaml")
        except Refused as refused:
            faults.append(f"{case}, helm {helm.version}: {refused}")
    return faults


def kubernetes_validate() -> list[str]:
    """What does not fit Kubernetes' own schemas; unknown fields are faults. The oldest version with Helm 3, the newest
    with Helm 4."""
    faults = []
    for version, helm in zip(KUBERNETES, HELMS, strict=True):
        paths = [rendering.path for rendering in MATRIX if rendering.helm is helm]
        done = subprocess.run(
            [binary("kubernetes-validate"), "--strict", "--quiet", "--no-warn", "-k", version, *paths],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            faults.append(f"Kubernetes {version}: {done.stdout}{done.stderr}")
    return faults


def custom_resource_schemas() -> list[str]:
    """What does not fit the schemas of KEDA, cert-manager and OpenShift."""
    return [
        f"{rendering.path.name}: {item['kind']}: {fault}"
        for rendering in MATRIX
        for item in Rendered(rendering.path.read_text()).objects
        if item["kind"] in custom_resources.DEFINITIONS
        for fault in custom_resources.faults(item)
    ]


def checkov() -> list[str]:
    """What checkov finds that checkov-exceptions.yaml does not explain, and explanations that explain nothing."""
    paths = [rendering.path for rendering in MATRIX if rendering.helm is HELMS[-1]]
    command: list[str | Path] = [binary("checkov"), "--framework", "kubernetes", "--output", "json"]
    command += ["--quiet", "--compact", "--skip-download"]
    for path in paths:
        command += ["--file", path]
    done = subprocess.run(command, capture_output=True, text=True)
    explained = yaml.safe_load(EXCEPTIONS.read_text())
    unused = {(each["check"], resource) for each in explained for resource in each["resources"]}
    known = set(unused)
    faults = []
    for failure in json.loads(done.stdout)["results"]["failed_checks"]:
        kind, _, name = failure["resource"].split(".", 2)
        key = (failure["check_id"], f"{kind}/{name}")
        unused.discard(key)
        if key not in known:
            faults.append(f"{failure['file_path']}: {key[1]}: {failure['check_id']} {failure['check_name']}")
    faults += [
        f"checkov-exceptions.yaml: {check} for {resource}: no longer found" for check, resource in sorted(unused)
    ]
    return faults


CHECKS: tuple[tuple[str, Callable[[], list[str]]], ...] = (
    (f"helm template: {len(MATRIX)} renderings of {len(CASES)} cases", render_all),
    (f"helm lint --strict: {len(CASES) * len(HELMS)} runs", lint),
    (f"kubernetes-validate --strict: {len(MATRIX)} files", kubernetes_validate),
    ("schemas of custom resources", custom_resource_schemas),
    (f"checkov: {len(MATRIX) // len(HELMS)} files", checkov),
)


def main() -> int:
    """Run all checks; the number of faults, at most 1."""
    tools.install()
    total = 0
    for name, check in CHECKS:
        faults = check()
        total += len(faults)
        print(f"{len(faults):4} faults  {name}")
        for fault in faults:
            print(f"      {fault}")
    print(f"{total:4} faults in all, {len(_exceptions())} checkov findings explained in {EXCEPTIONS.name}")
    return min(total, 1)


def _exceptions() -> list[object]:
    return list(yaml.safe_load(EXCEPTIONS.read_text()))


def _render(rendering: Rendering) -> str:
    try:
        rendered = render(
            values=rendering.case,
            apis=OPENSHIFT if rendering.openshift else (),
            helm=rendering.helm,
        )
    except Refused as refused:
        return f"{rendering.path.name}: {refused}"
    rendering.path.write_text(rendered.text)
    return ""


if __name__ == "__main__":
    sys.exit(main())
