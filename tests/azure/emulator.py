"""The embedded Azure as a process of its own, and plain HTTP calls to it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
TENANT = "99999999-8888-7777-6666-555555555555"
SUBSCRIPTION = "11112222-3333-4444-5555-666677778888"
SCOPE = "https://management.azure.com/.default"


@dataclass
class Emulator:
    """A running embedded Azure: `call` speaks ARM with a valid token, `control` the control endpoint."""

    url: str
    ca: Path
    process: "subprocess.Popen[str]"
    session: requests.Session = field(default_factory=requests.Session)
    token: str = ""

    def sign_in(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "tests", "client_secret": "secret", "scope": SCOPE}
        answer = self.session.post(f"{self.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=10)
        answer.raise_for_status()
        self.token = answer.json()["access_token"]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One ARM call; a text body is sent as it is."""
        url = path if path.startswith("https://") else self.url + path
        content = {"data": body.encode()} if isinstance(body, str) else {"json": body}
        return self.session.request(
            method, url, headers={"Authorization": f"Bearer {self.token}", **headers}, timeout=10, **content
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.url}/emulator/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self.control("POST", "clock", {"advance": seconds})

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.session.close()
        code = self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@contextmanager
def started(folder: Path, options: Sequence[str] = ()) -> Iterator[Emulator]:
    """An embedded Azure on a free port, stopped at the end."""
    emulator = start(folder, options)
    try:
        yield emulator
    finally:
        if emulator.process.poll() is None:
            emulator.stop()


def start(folder: Path, options: Sequence[str] = ()) -> Emulator:
    command = [sys.executable, "-m", "emulators.azure", "start", "--port", "0", "--tls-dir", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ))
    assert process.stdout is not None
    found = re.search(r"https://localhost:\d+", process.stdout.readline())
    assert found is not None
    assert "ca.pem" in process.stdout.readline()
    emulator = Emulator(found[0], folder / "ca.pem", process)
    emulator.session.trust_env = False  # a REQUESTS_CA_BUNDLE of the machine would win over the line below
    emulator.session.verify = str(emulator.ca)
    emulator.sign_in()
    return emulator
