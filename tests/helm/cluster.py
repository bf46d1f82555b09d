"""A Kubernetes API server with its etcd on this machine: real admission, defaulting and `lookup`, but no nodes."""

import json
import os
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.helm.custom_resources import DEFINITIONS
from tests.helm.tools import API_SERVER, CACHE, Helm, binary

TOKEN = "of-the-tests"
READY_WITHIN = 60.0


class ClusterRefused(Exception):
    """Helm or kubectl ended with an error; the text is what it said."""


@dataclass(frozen=True)
class Cluster:
    """Where the API server is."""

    kubeconfig: Path

    def helm(self, helm: Helm, *arguments: str | Path, stdin: str | None = None) -> str:
        """Run Helm against it. Raises ClusterRefused."""
        return self._run(helm.path, *arguments, stdin=stdin)

    def kubectl(self, *arguments: str | Path, stdin: str | None = None) -> str:
        """Run kubectl against it. Raises ClusterRefused."""
        return self._run(binary("kubectl"), *arguments, stdin=stdin)

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        """An object. Raises ClusterRefused if it is not there."""
        found = json.loads(self.kubectl("get", kind, name, "--namespace", namespace, "--output", "json"))
        assert isinstance(found, dict)
        return found

    def names(self, kind: str, namespace: str) -> set[str]:
        """The names of all objects of a kind."""
        return set(
            self.kubectl("get", kind, "--namespace", namespace, "--output", "name").replace(f"{kind}/", "").split()
        )

    def _run(self, *command: str | Path, stdin: str | None) -> str:
        environment = os.environ | {"KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise ClusterRefused(done.stderr + done.stdout)
        return done.stdout


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster that knows KEDA's, cert-manager's and OpenShift's custom resources; it ends with the context."""
    etcd_port, peer_port, port = _free_ports(3)
    with ExitStack() as stack:
        etcd_url = f"http://127.0.0.1:{etcd_port}"
        etcd: list[str | Path] = [binary("etcd"), "--data-dir", folder / "etcd", "--unsafe-no-fsync"]
        etcd += ["--listen-client-urls", etcd_url, "--advertise-client-urls", etcd_url]
        etcd += ["--listen-peer-urls", f"http://127.0.0.1:{peer_port}"]
        stack.enter_context(_process(folder, "etcd", etcd))
        stack.enter_context(_process(folder, "kube-apiserver", _api_server(folder, etcd_url, port)))
        cluster = Cluster(_kubeconfig(folder, port))
        _await(f"https://127.0.0.1:{port}/readyz", folder)
        for name in DEFINITIONS.values():
            cluster.kubectl("apply", "--server-side", "--filename", CACHE / name)
        for name in DEFINITIONS.values():
            cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "--filename", CACHE / name)
        yield cluster


def _api_server(folder: Path, etcd_url: str, port: int) -> list[str | Path]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "tokens.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
    command: list[str | Path] = [API_SERVER, "--etcd-servers", etcd_url]
    command += ["--bind-address", "127.0.0.1", "--secure-port", str(port), "--cert-dir", folder / "certs"]
    command += ["--service-account-issuer", "https://tests", "--service-account-key-file", folder / "tokens.key"]
    command += ["--service-account-signing-key-file", folder / "tokens.key", "--token-auth-file", folder / "tokens.csv"]
    command += ["--authorization-mode", "RBAC", "--service-cluster-ip-range", "10.0.0.0/24"]
    # It waits for accounts that a controller makes, and there is none.
    return [*command, "--disable-admission-plugins", "ServiceAccount"]


def _kubeconfig(folder: Path, port: int) -> Path:
    path = folder / "kubeconfig"
    server = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": server}],
        "users": [{"name": "tests", "user": {"token": TOKEN}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
        "current-context": "tests",
    }
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    return path


@contextmanager
def _process(folder: Path, name: str, command: list[str | Path]) -> Iterator[None]:
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(url: str, folder: Path) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5, context=context) as response:
                response.read()
                return
        except OSError as error:
            if time.monotonic() > deadline:
                log = (folder / "kube-apiserver.log").read_text()[-2000:]
                raise TimeoutError(f"the API server is not ready after {READY_WITHIN} s: {error}\n{log}") from error
            time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
