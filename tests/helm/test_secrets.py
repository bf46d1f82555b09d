"""Certificate, sealing key and function keys: what is drawn, and what is kept."""

import hashlib
import http.server
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from driver import sealing, settings
from driver.keys import read_keys
from tests.helm.chart import Rendered, render
from tests.helm.tools import HELMS, Helm

NAMES = ["azure-driver", "azure-driver.lm", "azure-driver.lm.svc", "azure-driver.lm.svc.cluster.local"]


def _certificate(rendered: Rendered) -> x509.Certificate:
    return x509.load_pem_x509_certificate(rendered.secret("azure-driver-tls")["tls.crt"])


def _dns_names(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def test_certificate_names_the_service() -> None:
    rendered = render()
    certificate = _certificate(rendered)
    assert _dns_names(certificate) == NAMES
    (common_name,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert common_name.value == "azure-driver"
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 3650
    key = serialization.load_pem_private_key(rendered.secret("azure-driver-tls")["tls.key"], password=None)
    assert key.public_key() == certificate.public_key()


def test_certificate_names_what_is_asked_for() -> None:
    rendered = render(
        "route.host=azure.apps.example.com",
        "app.config.security.ssl.secret.commonName=driver.example.com",
        "app.config.security.ssl.secret.alternativeNames={a.example.com}",
    )
    names = ["driver.example.com", *NAMES, "azure.apps.example.com", "a.example.com"]
    assert _dns_names(_certificate(rendered)) == names


def test_secret_gives_lmctl_one_pem() -> None:
    """oc get secret azure-driver-tls -o 'go-template={{index .data "tls.crt"}}' | base64 -d"""
    secret = render().one("Secret", "azure-driver-tls")
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["data"].keys() == {"tls.crt", "tls.key"}
    pem = render().secret("azure-driver-tls")["tls.crt"].decode()
    assert pem.startswith("-----BEGIN CERTIFICATE-----\n")
    assert pem.count("-----BEGIN") == 1


@pytest.mark.parametrize("case", ["existing-secrets", "cert-manager", "serving-certificate", "edge"])
def test_no_certificate_where_another_makes_it(case: str) -> None:
    rendered = render(values=case)
    assert all("tls.crt" not in item.get("data", {}) for item in rendered.all("Secret"))


def test_cert_manager_makes_the_same_names() -> None:
    spec = render(values="cert-manager").one("Certificate")["spec"]
    assert spec["secretName"] == "azure-driver-tls"
    assert spec["dnsNames"] == [*NAMES, "azure-driver.example.com"]
    assert spec["issuerRef"] == {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "internal-ca"}


def test_serving_certificate_is_asked_for() -> None:
    annotations = render(values="serving-certificate").one("Service")["metadata"]["annotations"]
    assert annotations == {"service.beta.openshift.io/serving-cert-secret-name": "azure-driver-tls"}


def test_sealing_key_opens_what_it_sealed(tmp_path: Path) -> None:
    keys = render().secret("azure-driver-sealing")["keys"]
    file = tmp_path / "keys"
    file.write_bytes(keys)
    read = read_keys(settings.read({"SEALING_KEYS_FILE": str(file)}))
    assert sealing.unseal(sealing.seal({"a": 1}, "r-1", read), "r-1", read) == {"a": 1}


@pytest.mark.parametrize("helm", HELMS, ids=lambda helm: f"helm{helm.version}")
def test_checksum_is_of_the_secrets_of_the_same_rendering(helm: Helm) -> None:
    """Drawn once: the pods are not restarted by the next upgrade, which finds the Secrets and draws nothing."""
    rendered = render(helm=helm)
    drawn = {item["metadata"]["name"]: item["data"] for item in rendered.all("Secret")}
    text = json.dumps(drawn, separators=(",", ":"), sort_keys=True)
    checksum = rendered.pod["metadata"]["annotations"]["checksum/generated"]
    assert checksum == hashlib.sha256(text.encode()).hexdigest()


def test_checksum_follows_the_password() -> None:
    def checksum(password: str) -> str:
        rendered = render(f"kafka.config.sasl\\.password={password}")
        found: str = rendered.pod["metadata"]["annotations"]["checksum/kafka"]
        return found

    assert checksum("one") == checksum("one") != checksum("two")


def test_what_is_drawn_outlives_the_release() -> None:
    for secret in render().all("Secret"):
        assert secret["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_nothing_is_drawn_with_existing_secrets() -> None:
    rendered = render(values="existing-secrets")
    assert rendered.all("Secret") == []
    assert rendered.text == render(values="existing-secrets").text, "the same rendering every time, as Argo CD wants it"
    volumes = {volume["name"]: volume.get("secret") for volume in rendered.pod["spec"]["volumes"]}
    assert volumes["certs"]["secretName"] == "my-tls"
    assert volumes["function-keys"]["secretName"] == "my-function-keys"
    assert volumes["sealing"]["secretName"] == "my-sealing-keys"
    assert volumes["sealing"]["items"] == [{"key": "fernet", "path": "keys"}]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A server that shows the chart's certificate: its port and the certificate's file."""
    secret = render().secret("azure-driver-tls")
    for name, content in secret.items():
        (tmp_path / name).write_bytes(content)

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            healthy = self.path == "/management/health"
            self.send_response(200 if healthy else 404)
            self.end_headers()
            self.wfile.write(b'{"vitals": {}}')

        def log_request(self, *_: Any) -> None:
            """Silent."""

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, tmp_path / "tls.crt"
        server.shutdown()
        thread.join()


def _helm_test(port: int, certificate: Path, host: str = "azure-driver") -> subprocess.CompletedProcess[str]:
    """The program of the `helm test` pod, with `host` being this machine."""
    _, option, program, url, mounted = render().one("Pod", "azure-driver-test-health")["spec"]["containers"][0][
        "command"
    ]
    assert (url, mounted) == ("https://azure-driver:7275/management/health", "/var/azuredriver/certs/tls.crt")
    resolve = (
        "import socket; real = socket.getaddrinfo; socket.getaddrinfo = lambda h, *a, **k: real('127.0.0.1', *a, **k)\n"
    )
    url = url.replace("azure-driver:7275", f"{host}:{port}")
    return subprocess.run(
        [sys.executable, option, resolve + program, url, certificate], capture_output=True, text=True, timeout=30
    )


@pytest.mark.parametrize("host", NAMES)
def test_helm_test_trusts_the_certificate_for_every_name(driver: tuple[int, Path], host: str) -> None:
    done = _helm_test(*driver, host=host)
    assert (done.returncode, done.stdout) == (0, '200 {"vitals": {}}\n'), done.stderr


def test_helm_test_fails_for_another_name(driver: tuple[int, Path]) -> None:
    done = _helm_test(*driver, host="elsewhere")
    assert done.returncode == 1
    assert "Hostname mismatch" in done.stderr


def test_helm_test_fails_with_another_certificate(driver: tuple[int, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    other.write_bytes(render().secret("azure-driver-tls")["tls.crt"])
    done = _helm_test(driver[0], other)
    assert done.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


def test_certificates_of_two_installs_differ() -> None:
    first, second = (_certificate(render()).fingerprint(hashes.SHA256()) for _ in range(2))
    assert first != second
