"""The documented lmctl commands, run with the real lmctl; then the resource manager's part is played with what they
registered: health, an assembly's Create, operations, find, Delete, over HTTPS behind a secret path.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from dev import azure, events
from dev.processes import Server
from dev.stack import Stack, running
from emulators.azure import tls
from tests.docs.pages import ROOT, blocks
from tests.lmctl.assembly import Play
from tests.lmctl.tnco import Registry, serving, trusted

TOKEN = "A-9f3kX_secret-path"
LMCTL = ROOT / ".cache" / "lmctl" / "bin"
PACKAGES = (
    "AzureResourceGroup",
    "AzureVNet",
    "AzureNetworkSecurityGroup",
    "AzureRouteTable",
    "AzureSubnet",
    "AzureNetworkInterface",
    "AzureVirtualMachine",
)
NSG_RULE = {"nsg_rule_name": "allow-https", "priority": "1000", "destination_port_ranges": "443"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class SecureStack(Stack):
    """The trial stack with the app behind TLS and a secret path."""

    @property
    def driver(self) -> str:
        return f"https://127.0.0.1:{self.driver_port}/{TOKEN}"

    def _start(self, name: str, module: str, options: list[str], environment: dict[str, str]) -> Server:
        if name == "host":
            folder = self.ca.parent
            options = [*options, "--cert", str(folder / "server.pem"), "--key", str(folder / "server.key")]
        return super()._start(name, module, options, environment)


@dataclass(frozen=True)
class Terminal:
    """Where lmctl runs: a folder, and the variables that the pages use."""

    folder: Path
    environment: dict[str, str]

    def run(self, commands: str, **environment: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecureStack]:
    folder = tmp_path / "stack"
    folder.mkdir()
    settings = {
        "AzureFunctionsJobHost__extensions__http__routePrefix": TOKEN,
        "AzureFunctionsJobHost__logging__logLevel__Microsoft": "Warning",
    }
    stack = SecureStack(folder, provisioning_seconds=0.2, settings=settings)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stack.ca))
    with running(stack):
        yield stack


@pytest.fixture
def tnco(tmp_path: Path) -> Iterator[tuple[str, Registry]]:
    files = tls.issue(tmp_path / "tnco")
    with serving(files.certificate, files.key) as served:
        yield served


@pytest.fixture
def terminal(tmp_path: Path, tnco: tuple[str, Registry]) -> Terminal:
    """A folder with the examples, lmctl's configuration, and the real lmctl on the PATH."""
    subprocess.run(["make", ".cache/lmctl/installed"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    folder = tmp_path / "work"
    folder.mkdir()
    subprocess.run(["cp", "-R", str(ROOT / "examples"), str(folder)], check=True)
    (folder / "lmctl.yaml").write_text(
        f"environments:\n  tnco:\n    tnco:\n      address: {tnco[0]}\n      secure: false\n", encoding="utf-8"
    )
    (location,) = blocks("docs/register.md", "yaml")
    (folder / "deployment-location.yaml").write_text(location, encoding="utf-8")
    return Terminal(
        folder,
        {
            "PATH": f"{LMCTL}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),  # lmctl keeps its log there
            "LMCONFIG": str(folder / "lmctl.yaml"),
        },
    )


def test_the_service_of_a_cluster_is_registered_with_its_certificate(
    tnco: tuple[str, Registry], terminal: Terminal, tmp_path: Path
) -> None:
    certificate = tls.issue(tmp_path / "service").certificate
    service = {"DRIVER_URL": "https://azure-driver:7275", "CERTIFICATE": str(certificate)}
    add, create, *_ = blocks("docs/register.md", "shell")
    terminal.run(add, **service)
    terminal.run(create, **service)
    for driver in tnco[1].drivers:
        assert driver["baseUri"] == "https://azure-driver:7275"
        assert trusted(driver) == certificate.read_text(encoding="ascii")


@pytest.fixture
def session(stack: SecureStack) -> Iterator[requests.Session]:
    with requests.Session() as session:  # closed before the stack is stopped
        yield session


def test_registered_by_lmctl_the_driver_carries_an_assembly_through_its_life(
    stack: SecureStack, tnco: tuple[str, Registry], terminal: Terminal, session: requests.Session, tmp_path: Path
) -> None:
    registry = tnco[1]
    add, create, location, push = blocks("docs/register.md", "shell")
    at = {"DRIVER_URL": stack.driver, "CERTIFICATE": str(stack.ca)}
    assert stack.driver in terminal.run(add, **at)
    assert "Created" in terminal.run(create, **at)
    assert "Created" in terminal.run(location)
    old_way, new_way = registry.drivers
    assert {**old_way, "id": ""} == {**new_way, "id": ""}
    assert old_way["type"] == "azure"

    certificate = tmp_path / "trusted.pem"
    certificate.write_text(trusted(old_way), encoding="ascii")
    driver = old_way["baseUri"]
    session.verify = str(certificate)
    session.trust_env = False
    assert session.get(f"{driver}/management/health", timeout=10).json()["vitals"]["app"]["status"] == "OK"
    strangers = session.get(f"{driver.removesuffix('/' + TOKEN)}/management/health", timeout=10)
    assert (strangers.status_code, strangers.content) == (404, b"")

    inputs = {"resourcegroup_name": "rg-branch-7", "admin_public_key": _public_key()}
    for name in ("AzureBranch", *PACKAGES):
        assert "Push - PASSED" in terminal.run(push.replace("AzureVNet", name))
    assert set(registry.packages) == set(PACKAGES)
    assert registry.refused == []
    play = Play(registry.descriptors["assembly::AzureBranch::1.0"], inputs, registry, "azure-trial")

    with events.events(stack.kafka) as stream:
        wire = (driver, session, stream)
        for name in play.order():
            play.remember(name, play.run("Create", play.component(name), *wire))
        made = azure.resource_ids(stack.endpoints())
        assert len([one for one in made if "/deployments/" not in one]) >= len(play.composition)

        play.remember("nsg", play.run("CreateNsgRule", play.components["nsg"], *wire, NSG_RULE))
        assert [one for one in azure.resource_ids(stack.endpoints()) if one.endswith("/securityRules/allow-https")]
        play.remember("server", play.run("Stop", play.components["server"], *wire))
        found = play.find("resource::AzureVNet::1.0", "vnet-branch", driver, session)
        assert "Microsoft.Network/virtualNetworks/vnet-branch" in found["associatedTopology"]
        assert play.find("resource::AzureVNet::1.0", "vnet-of-nobody", driver, session) is None

        for name in reversed(play.order()):
            gone = play.run("Delete", play.components[name], *wire)
            assert gone.topology == {}, name
    assert azure.resource_ids(stack.endpoints()) == []
    assert TOKEN not in (stack.folder / "host.log").read_text(encoding="utf-8").split("Durable management API")[1]


def _public_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    ssh = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return f"{ssh.decode()} operator"
