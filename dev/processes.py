"""Server processes of the trial stack: started in a session of their own, with a log file, stopped by id."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 20.0
POLL_SECONDS = 0.05
LOG_LINES_SHOWN = 20


class ProcessError(Exception):
    """A server did not start; the text holds the end of its log."""


@dataclass(frozen=True)
class Server:
    """A started server: its name for people, its process, its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Returns once `ready` says so; raises ProcessError if the process ends or `seconds` pass before."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise ProcessError(f"{self.name} ended with code {self.process.returncode}; {self.end_of_log()}")
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.name} was not ready after {seconds:g} s; {self.end_of_log()}")
            time.sleep(POLL_SECONDS)

    def end_of_log(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return "\n  ".join([f"the end of its log {self.log}:", *lines])

    def stop(self) -> None:
        """Ends the process and whatever it started."""
        stop(self.process.pid, is_running=lambda: self.process.poll() is None)


def start(name: str, command: Sequence[str], log: Path, folder: Path, environment: Mapping[str, str]) -> Server:
    """Starts `command` in `folder`, its output appended to `log`, its settings added to this process's environment."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the caller, who then stops its servers; and a group to kill
        )
    return Server(name, process, log)


def stop(pid: int, is_running: Callable[[], bool], patience: float = STOP_SECONDS) -> None:
    """Asks the process to end, and after `patience` seconds kills it together with the processes it started."""
    if not is_running():
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while is_running():
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            deadline = time.monotonic() + patience
        time.sleep(POLL_SECONDS)


def command_line(pid: int) -> str:
    """Returns the command line of a running process, empty where there is none."""
    asked = subprocess.run(
        ["ps", "-ww", "-o", "stat=", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    status, _, command = asked.stdout.strip().partition(" ")
    return "" if status.startswith("Z") else command.strip()
