"""A host process: how it starts and stops, what it reads, what it refuses, and what it does beside the recordings."""

import errno
import json
import os
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from emulators.functions_host.cores import bind_to_core
from tests.functions_host.process import Host, wait_until

MakeHost = Callable[..., Host]


@pytest.fixture
def host(make_host: MakeHost, app_folder: Path) -> Host:
    return make_host(app_folder).start()


def effects(host: Host) -> list[str]:
    path = host.folder / "effects.log"
    return path.read_text().splitlines() if path.exists() else []


def client(host: Host, operation: str, **arguments: Any) -> Any:
    """Call a method of the SDK's client within the app."""
    return host.ask("POST", f"/client/{operation}", json.dumps(arguments)).json


def failed_start(host: Host) -> str:
    """What the host says when it cannot start."""
    assert host.launch().wait(20) == 1
    return host.log


def test_functions_are_listed_as_func_start_does(shared_host: Host) -> None:
    assert f"\tsame_get: [GET] http://localhost:{shared_host.port}/same\n" in shared_host.log
    assert f"\tslow: [GET] http://localhost:{shared_host.port}/slow/{{milliseconds:int}}\n" in shared_host.log
    assert "\tsequence: orchestrationTrigger\n" in shared_host.log
    assert "\tact: activityTrigger\n" in shared_host.log
    assert "\tat_start: timerTrigger\n" in shared_host.log


def test_a_route_is_found_by_its_methods_too(shared_host: Host) -> None:
    assert [shared_host.ask(method, "/same").json for method in ("GET", "POST")] == ["get", "post"]
    assert [shared_host.ask(method, "/same").status for method in ("PUT", "HEAD", "OPTIONS")] == [404] * 3
    assert shared_host.ask("GET", "/slow/x").status == 404


def test_host_pages(host: Host, make_host: MakeHost) -> None:
    assert host.ask("GET", "/admin/host/ping").status == 200
    assert dict(host.ask("GET", "/").headers)["content-type"] == "text/html"
    host.stop()
    assert make_host(host.folder, AzureWebJobsDisableHomepage="true").start().ask("GET", "/").status == 204


def test_the_environment_overrides_the_route_prefix(make_host: MakeHost, app_folder: Path) -> None:
    host = make_host(app_folder, AzureFunctionsJobHost__extensions__http__routePrefix="S3cret/x").start()
    assert host.ask("GET", "/s3cret/X/same").status == 200
    assert host.ask("GET", "/same").status == 404


def test_local_settings_reach_the_app_and_the_environment_wins(make_host: MakeHost, app_folder: Path) -> None:
    values = {"FROM_FILE": "file", "FROM_BOTH": "file"}
    (app_folder / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    host = make_host(app_folder, FROM_BOTH="environment").start()
    assert host.ask("GET", "/settings/FROM_FILE").json == "file"
    assert host.ask("GET", "/settings/FROM_BOTH").json == "environment"


def test_a_sealing_key_is_made_once_and_kept_for_its_owner(host: Host) -> None:
    path = Path(host.ask("GET", "/settings/SEALING_KEYS_FILE").json)
    assert path.parent == host.folder / ".functions_host"
    assert path.stat().st_mode & 0o777 == 0o600
    key = path.read_bytes()
    assert Fernet(key.strip()).decrypt(Fernet(key.strip()).encrypt(b"sealed")) == b"sealed"
    host.stop()
    host.start()
    assert Path(host.ask("GET", "/settings/SEALING_KEYS_FILE").json).read_bytes() == key


def test_a_configured_sealing_key_is_left_alone(make_host: MakeHost, app_folder: Path) -> None:
    host = make_host(app_folder, SEALING_KEYS="mine").start()
    assert host.ask("GET", "/settings/SEALING_KEYS_FILE").json is None
    assert not list(app_folder.rglob("*.sealing-keys"))


def test_https(make_host: MakeHost, app_folder: Path) -> None:
    certificate, key = self_signed(app_folder)
    host = make_host(app_folder, "--cert", str(certificate), "--key", str(key)).start()
    trusting = ssl.create_default_context(cafile=str(certificate))
    with urllib.request.urlopen(f"https://localhost:{host.port}/same", context=trusting) as answer:
        assert json.load(answer) == "get"
    # The Durable client works beside it: the timer that ran at the start has asked it.
    assert wait_until(lambda: effects(host)) == ["timer False 0"]


def self_signed(folder: Path) -> tuple[Path, Path]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=localhost")
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "tls.crt").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "tls.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "tls.crt", folder / "tls.key"


def test_sigterm_answers_what_is_in_flight_and_keeps_results(host: Host) -> None:
    host.begin("sequence", "i", [{"name": "long", "milliseconds": 500}, {"name": "next"}])
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(host.ask("GET", "/slow/400").status))
    asking.start()
    wait_until(lambda: {"begin long", "request begun"} <= set(effects(host)))
    assert host.stop() == 0
    asking.join()
    assert answers == [200]
    assert "end long" in effects(host)
    with pytest.raises(ConnectionRefusedError):
        host.ask("GET", "/same")
    host.start()
    assert host.ended("i")["runtimeStatus"] == "Completed"
    assert effects(host).count("begin long") == 1


@pytest.mark.slow
def test_an_activity_that_outlasts_the_grace_is_named_and_left_for_the_next_start(host: Host) -> None:
    host.begin("sequence", "i", [{"name": "endless", "milliseconds": 20_000}])
    wait_until(lambda: "begin endless" in effects(host))
    assert host.stop() == 0
    assert "stopped while activities were running; they run again at the next start: act" in host.log
    host.start()
    wait_until(lambda: effects(host).count("begin endless") == 2)


@pytest.mark.slow
def test_timers_run_at_the_start_and_make_up_for_what_was_missed(make_host: MakeHost, app_folder: Path) -> None:
    host = make_host(app_folder).start()
    wait_until(lambda: effects(host) == ["timer False 0"])
    host.stop()
    code = (app_folder / "function_app.py").read_text()
    every_second = code.replace("0 0 3 * * *", "* * * * * *").replace("run_on_startup=True", "run_on_startup=False")
    (app_folder / "function_app.py").write_text(every_second)
    host.start()
    wait_until(lambda: effects(host).count("timer False 0") >= 3)
    host.kill()
    due = datetime.now(UTC) + timedelta(seconds=1)
    wait_until(lambda: datetime.now(UTC) > due)
    host.start()
    wait_until(lambda: "timer True 0" in effects(host))


def test_a_timer_function_runs_when_it_is_asked_for(host: Host) -> None:
    wait_until(lambda: effects(host) == ["timer False 0"])
    assert host.ask("POST", "/admin/functions/at_start", "{}").status == 401
    key = {"x-functions-key": host.key}
    assert host.ask("POST", "/admin/functions/slow", "{}", key).status == 404
    assert host.ask("POST", "/admin/functions/at_start", "{}", key).status == 202
    wait_until(lambda: effects(host) == ["timer False 0"] * 2)


def test_custom_headers_are_added_where_there_is_none_of_that_name(make_host: MakeHost, app_folder: Path) -> None:
    content = json.loads((app_folder / "host.json").read_text())
    content.setdefault("extensions", {}).setdefault("http", {})["customHeaders"] = {"X-A": "a", "Content-Type": "b"}
    (app_folder / "host.json").write_text(json.dumps(content))
    host = make_host(app_folder).start()
    prefix = content["extensions"]["http"].get("routePrefix", "api")
    for path, kept in ((f"/{prefix}/same".replace("//", "/"), "application/json"), ("/nowhere", "b")):
        headers = {name.lower(): value for name, value in host.ask("GET", path).headers}
        assert (headers["x-a"], headers["content-type"]) == ("a", kept)


@pytest.mark.parametrize("headers", [{"X-Large": "x" * 33_000}, {f"X-{number}": "x" for number in range(101)}])
def test_headers_beyond_the_limits_of_kestrel_are_refused(shared_host: Host, headers: dict[str, str]) -> None:
    answer = shared_host.ask("GET", "/api/same", headers=headers)
    assert (answer.status, answer.body) == (431, "")


def test_the_client_queries_and_purges_in_the_app(host: Host) -> None:
    for number in range(3):
        assert client(
            host, "start_new", orchestration_function_name="sequence", instance_id=f"a{number}", client_input=[]
        )
    host.begin("race", "b")
    for number in range(3):
        host.ended(f"a{number}")
    assert client(host, "get_status_by", instance_id_prefix="a") == ["a0", "a1", "a2"]
    assert client(host, "get_status_all") == ["a0", "a1", "a2", "b"]
    assert client(host, "get_status", instance_id="b") == "b"
    assert client(host, "purge_instance_history", instance_id="a1") == 1
    assert client(host, "get_status_all") == ["a0", "a2", "b"]
    assert client(host, "terminate", instance_id="b", reason="enough") is None
    assert host.ended("b")["output"] == "enough"
    assert host.status("b")["customStatus"] == {"waiting": True}


def test_an_activity_may_have_the_client_too(shared_host: Host) -> None:
    shared_host.begin("introspect", "asks")
    assert shared_host.ended("asks")["output"] == "Running"


def find_cores(host: Host) -> list[set[int]]:
    """The cores on which each thread of the host may run, once it has run an activity in a thread."""
    host.begin("sequence", "act", [{"name": "sound"}])
    assert host.ended("act")["runtimeStatus"] == "Completed"
    threads = list(Path(f"/proc/{host.process.pid}/task").iterdir())
    assert len(threads) > 1
    return [os.sched_getaffinity(int(thread.name)) for thread in threads]


def test_all_threads_stay_on_one_core(host: Host) -> None:
    first, *others = find_cores(host)
    assert len(first) == 1
    assert first <= os.sched_getaffinity(0)
    assert all(cores == first for cores in others)


def test_the_threads_may_keep_the_cores_of_the_start(make_host: MakeHost, app_folder: Path) -> None:
    host = make_host(app_folder, LOCAL_HOST_CORES="all").start()
    assert all(cores == os.sched_getaffinity(0) for cores in find_cores(host))


def test_a_refused_binding_to_a_core_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(pid: int, cores: list[int]) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    bind_to_core()
    assert "the host cannot be bound to one core" in capsys.readouterr().err


def test_an_unknown_activity_waits_for_ever_but_not_silently(shared_host: Host) -> None:
    shared_host.begin("typo", "wrong", "atc")
    wait_until(
        lambda: "WARNING: typo wrong calls 'atc', which does not exist: it will wait for ever" in shared_host.log
    )
    assert shared_host.status("wrong")["runtimeStatus"] == "Running"


def test_what_the_api_lacks_is_refused_by_name(shared_host: Host) -> None:
    shared_host.begin("race", "lacks")
    for operation in ("suspend", "resume", "rewind", "restart"):
        answer = shared_host.webhook("POST", f"/instances/lacks/{operation}")
        assert (answer.status, answer.json) == (501, {"Message": f"The local host does not support {operation}."})
    assert shared_host.webhook("GET", "/entities/counter/e").json == {
        "Message": "The local host does not support entities."
    }
    for parameter in ("timeout", "version"):
        assert shared_host.webhook("POST", "/orchestrators/race", None, **{parameter: "1"}).status == 501


def test_work_items_are_counted(host: Host) -> None:
    def counted() -> Any:
        return host.ask("GET", "/emulator/counters").json

    assert counted() == {"activities": {}, "episodes": 0, "timers": 0, "messages": 0}
    host.begin("sequence", "flaky", [{"name": "flaky", "fails": 2}, {"name": "sound"}])
    assert host.ended("flaky")["runtimeStatus"] == "Completed"
    # The start, a failure, the timer before the next attempt, two results: an episode each.
    assert counted() == {"activities": {"act": 3}, "episodes": 5, "timers": 1, "messages": 5}
    host.begin("sleep", "slept", 0)
    assert host.ended("slept")["output"] == "slept"
    assert counted() == {"activities": {"act": 4}, "episodes": 8, "timers": 2, "messages": 8}


def is_running(host: Host, instance_id: str) -> bool:
    return bool(host.status(instance_id)["runtimeStatus"] == "Running")


def test_activities_start_in_the_order_in_which_they_were_scheduled(make_host: MakeHost, app_folder: Path) -> None:
    """An orchestration that began earlier does not overtake those that came after it."""
    content = json.loads((app_folder / "host.json").read_text())
    content["extensions"]["durableTask"]["maxConcurrentActivityFunctions"] = 1
    (app_folder / "host.json").write_text(json.dumps(content))
    host = make_host(app_folder).start()
    host.begin("sequence", "a", [{"name": "a1", "until": "all-begun"}, {"name": "a2"}])
    wait_until(lambda: "begin a1" in effects(host))
    for name in ("b", "c"):
        host.begin("sequence", name, [{"name": f"{name}1"}, {"name": f"{name}2"}])
        wait_until(partial(is_running, host, name))
    (app_folder / "all-begun").touch()
    assert [host.ended(name)["runtimeStatus"] for name in "abc"] == ["Completed"] * 3
    begun = [line.removeprefix("begin ") for line in effects(host) if line.startswith("begin")]
    assert begun == ["a1", "b1", "c1", "a2", "b2", "c2"]


def test_the_webhooks_want_the_key(shared_host: Host) -> None:
    path = "/runtime/webhooks/durabletask/instances"
    assert [shared_host.ask("GET", path + query).status for query in ("", "?code=no", f"?code={shared_host.key}")] == [
        401,
        401,
        200,
    ]
    assert shared_host.ask("GET", path, headers={"x-functions-key": shared_host.key}).status == 200


def test_a_second_host_on_the_same_hub_does_not_start(shared_host: Host, make_host: MakeHost, app_folder: Path) -> None:
    hub = str(shared_host.folder / ".functions_host" / "SampleHub.sqlite3")
    assert "does another host run on it?" in failed_start(make_host(app_folder, "--task-hub", hub))


def test_a_port_in_use_is_named(shared_host: Host, make_host: MakeHost, app_folder: Path) -> None:
    second = make_host(app_folder)
    second.port = shared_host.port
    assert f"cannot listen on 127.0.0.1:{second.port}" in failed_start(second)


def test_an_app_that_cannot_be_imported_is_shown_with_its_traceback(make_host: MakeHost, app_folder: Path) -> None:
    (app_folder / "function_app.py").write_text("import no_such_module\n")
    log = failed_start(make_host(app_folder))
    assert "error: function_app.py cannot be imported" in log
    assert "No module named 'no_such_module'" in log


def test_a_wrong_host_json_is_explained(make_host: MakeHost, app_folder: Path) -> None:
    (app_folder / "host.json").write_text("{")
    assert failed_start(make_host(app_folder)).startswith("error: host.json is not JSON: ")
    assert not (app_folder / ".functions_host").exists()


def test_what_the_host_lacks_is_refused_by_name(make_host: MakeHost, app_folder: Path) -> None:
    code = "import azure.durable_functions as df\napp = df.DFApp()\n"
    code += "@app.entity_trigger(context_name='context')\ndef counter(context): ...\n"
    (app_folder / "function_app.py").write_text(code)
    log = failed_start(make_host(app_folder))
    assert log.endswith("error: function 'counter': durable entities are not supported by the local host\n")


def test_http_streams_need_their_setting(make_host: MakeHost, app_folder: Path) -> None:
    log = failed_start(make_host(app_folder, PYTHON_ENABLE_INIT_INDEXING="0"))
    assert "HTTP streams need the setting PYTHON_ENABLE_INIT_INDEXING=1" in log


def test_the_command_line_says_what_it_needs() -> None:
    command = [sys.executable, "-m", "emulators.functions_host", "start", "--cert", "x"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, "--cert and --key go together" in ran.stderr) == (2, True)
