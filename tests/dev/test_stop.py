"""`make stop` ends what `make run` started, and nothing else."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev import endpoints, processes
from dev.endpoints import Endpoints
from dev.stack import ROOT
from dev.stop import stop

IGNORES_SIGTERM = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
)


def write_endpoints(folder: Path, **pids: int) -> None:
    endpoints.write(Endpoints(driver="", azure="", kafka="", ca="", deploymentLocation={}, pids=pids), folder)


@contextmanager
def python(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_a_started_server_is_stopped_gracefully(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with python("-m", "emulators.kafka", "start", "--address-file", str(tmp_path / "address")) as kafka:
        assert kafka.stdout is not None
        assert kafka.stdout.readline().startswith(b"Kafka test broker: 127.0.0.1:")
        write_endpoints(tmp_path, kafka=kafka.pid)
        stop(tmp_path)
        assert kafka.wait(timeout=5) == 0
    assert capsys.readouterr().out == "kafka: stopped\n"
    assert endpoints.read(tmp_path) is None


def test_a_process_that_has_got_the_id_since_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with python("-c", "import signal; signal.pause()") as stranger:
        write_endpoints(tmp_path, azure=stranger.pid)
        stop(tmp_path)
        assert stranger.poll() is None
        assert capsys.readouterr().out == f"azure: process {stranger.pid} had ended before\n"


def test_the_server_of_another_folder_is_left_alone(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    with python("-m", "emulators.kafka", "start", "--address-file", str(theirs / "address")) as kafka:
        assert kafka.stdout is not None
        kafka.stdout.readline()
        write_endpoints(ours, kafka=kafka.pid)
        stop(ours)
        assert kafka.poll() is None


def test_without_anything_started_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stop(tmp_path)
    assert capsys.readouterr().out == "Nothing to stop: `make run` has started nothing here.\n"


def test_a_process_that_does_not_end_is_killed() -> None:
    with python("-c", IGNORES_SIGTERM) as stubborn:
        assert stubborn.stdout is not None
        assert stubborn.stdout.readline() == b"ready\n"
        processes.stop(stubborn.pid, is_running=lambda: stubborn.poll() is None, patience=0.2)
        assert stubborn.returncode == -9


def test_a_server_that_fails_to_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('port 7071 is taken')"]
    server = processes.start("host", command, tmp_path / "host.log", tmp_path, {})
    with pytest.raises(processes.ProcessError, match=r"host ended with code 1; (.|\n)*port 7071 is taken"):
        server.wait_until(lambda: False, seconds=10)
