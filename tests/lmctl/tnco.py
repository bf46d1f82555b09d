"""A stub of the part of TNC-O's API that lmctl uses to register a driver, a deployment location and packages.

It keeps what it is given, and refuses whatever else is asked for with a 501 that names it.
"""

import io
import json
import re
import ssl
import threading
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

DRIVERS = "/api/resource-manager/resource-drivers"
LOCATIONS = "/api/deploymentLocations"
PACKAGES = "/api/resource-manager/resource-packages"
DESCRIPTORS = "/api/catalog/descriptors"
MANAGERS = "/api/resource-managers"


@dataclass
class Registry:
    """What was registered: drivers in order, the rest by name. Packages are zips."""

    drivers: list[dict[str, Any]] = field(default_factory=list)
    locations: dict[str, dict[str, Any]] = field(default_factory=dict)
    packages: dict[str, bytes] = field(default_factory=dict)
    descriptors: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def driver_files(self, resource_type: str) -> bytes:
        """The zip that TNC-O makes of a package's `Lifecycle/azure` folder."""
        packed = io.BytesIO()
        prefix = "Lifecycle/azure/"
        with (
            zipfile.ZipFile(io.BytesIO(self.packages[resource_type.split("::")[1]])) as package,
            zipfile.ZipFile(packed, "w") as files,
        ):
            for name in package.namelist():
                if name.startswith(prefix) and not name.endswith("/"):
                    files.writestr(name.removeprefix(prefix), package.read(name))
        return packed.getvalue()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: Registry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == DRIVERS:
            driver = {"id": str(uuid.uuid4()), **json.loads(body)}
            self.registry.drivers.append(driver)
            return self._created(driver["id"])
        if self.path == LOCATIONS:
            location = json.loads(body)
            self.registry.locations[location["name"]] = location
            return self._created(location["name"])
        if self.path == PACKAGES:
            name, content = _uploaded(self.headers["Content-Type"], body)
            self.registry.packages[name] = content
            return self._created(name)
        if self.path == DESCRIPTORS:
            descriptor = yaml.safe_load(body)
            self.registry.descriptors[descriptor["name"]] = descriptor
            return self._created(descriptor["name"])
        return self._refuse()

    def do_DELETE(self) -> None:
        collection, _, name = self.path.rpartition("/")
        if collection == PACKAGES:
            return self._answer(404 if self.registry.packages.pop(name, None) is None else 204)
        if collection == DESCRIPTORS:
            return self._answer(404 if self.registry.descriptors.pop(name, None) is None else 204)
        return self._refuse()

    def do_GET(self) -> None:
        if self.path == f"{MANAGERS}/brent":
            return self._answer(200, content={"name": "brent", "type": "Brent", "url": "http://brent:8291"})
        collection, _, name = self.path.rpartition("/")
        if collection == DESCRIPTORS and name not in self.registry.descriptors:
            return self._answer(404)
        return self._refuse()

    def do_PUT(self) -> None:
        if self.path != f"{MANAGERS}/brent":
            return self._refuse()
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return self._answer(200, content={})

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class' name
        pass

    def _created(self, name: str) -> None:
        self._answer(201, {"Location": f"{self.path}/{name}"})

    def _refuse(self) -> None:
        self.registry.refused.append(f"{self.command} {self.path}")
        self._answer(501)

    def _answer(self, status: int, headers: Mapping[str, str] | None = None, content: Any = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _uploaded(content_type: str, body: bytes) -> tuple[str, bytes]:
    """The name and the content of the one file of a multipart form."""
    boundary = content_type.partition("boundary=")[2].encode()
    _, part, _ = body.split(b"--" + boundary)
    head, _, content = part.partition(b"\r\n\r\n")
    name = re.search(rb'filename="([^"]+)"', head)
    if name is None:
        raise ValueError(f"a part without a file name: {head!r}")
    return Path(name[1].decode()).stem, content.removesuffix(b"\r\n")


@contextmanager
def serving(certificate: Path, key: Path) -> Iterator[tuple[str, Registry]]:
    """The stub on 127.0.0.1: its URL (lmctl insists on HTTPS) and what it keeps."""
    registry = Registry()
    handler = type("Handler", (_Handler,), {"registry": registry})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}", registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def trusted(driver: dict[str, Any]) -> str:
    """The certificate of a registration as PEM: lmctl sends its line breaks as backslash and n."""
    return re.sub(r"\\n", "\n", driver["certificate"])
