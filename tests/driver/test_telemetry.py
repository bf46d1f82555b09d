"""Log lines: their fields, and what is never in them."""

import io
import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml

from driver import telemetry
from driver.settings import Settings
from tests.support.progress import MARK, read_event

ROOT = Path(__file__).resolve().parents[2]
SECRET = 'n33dle"\\~ü'
HEADERS = {"X-TraceCtx-TransactionId": "t-1", "x-tracectx-processid": "p-1", "tenantId": "x", "X-Other": "y"}
FIELDS = {"tracectx.transactionid": "t-1", "tracectx.processid": "p-1"}
LOGSTASH = {
    "@timestamp",
    "@version",
    "message",
    "HOSTNAME",
    "path",
    "tags",
    "type",
    "thread_name",
    "level",
    "logger_name",
}


class Lines(logging.StreamHandler[io.StringIO]):
    """Log lines as they are written."""

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture(params=[telemetry.PlainFormatter, telemetry.LogstashFormatter], ids=["plain", "logstash"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    handler = Lines(io.StringIO())
    handler.setFormatter(request.param())
    log = logging.getLogger("driver.test")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)


LOG = logging.getLogger("driver.test")


def test_trace_headers_become_fields() -> None:
    assert telemetry.read_trace_fields(HEADERS) == FIELDS
    assert telemetry.read_trace_fields({"X-TraceCtx-Long": "x" * 5000}) == {"tracectx.long": "x" * 200}


def test_every_line_in_the_block_carries_the_fields(lines: Lines) -> None:
    with telemetry.bind_fields(FIELDS), telemetry.bind_fields({"requestId": "r-1"}):
        LOG.info("inside")
    LOG.info("outside")
    inside, outside = lines.text.splitlines()
    assert all(f'"{name}": "{value}"' in inside for name, value in {**FIELDS, "requestId": "r-1"}.items())
    assert "tracectx" not in outside
    assert "requestId" not in outside


@pytest.mark.parametrize("lines", [telemetry.LogstashFormatter], indirect=True)
def test_logstash_lines_have_exactly_the_known_keys(lines: Lines) -> None:
    with telemetry.bind_fields(FIELDS):
        LOG.warning("about %s\nand more", "this")
    line = json.loads(lines.text)
    assert set(line) == LOGSTASH | set(FIELDS)
    assert (line["message"], line["level"], line["logger_name"]) == ("about this\nand more", "WARNING", "driver.test")
    assert (line["@version"], line["type"], line["tags"]) == ("1", "logstash", [])
    assert line["@timestamp"].endswith("Z")
    assert line["path"].endswith("test_telemetry.py")


@pytest.mark.parametrize("lines", [telemetry.LogstashFormatter], indirect=True)
def test_an_exception_is_one_line_with_its_stack(lines: Lines) -> None:
    with telemetry.bind_fields({}, [SECRET]):
        log_exception()
    (text,) = lines.text.splitlines()
    line = json.loads(text)
    assert set(line) == {*LOGSTASH, "stack_trace"}
    assert "ValueError: ***" in line["stack_trace"]
    assert "in log_exception" in line["stack_trace"]


def log_exception() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        LOG.exception("failed")


def test_bound_secrets_are_in_no_line_in_no_form(lines: Lines) -> None:
    with telemetry.bind_fields({}, [SECRET]):
        LOG.info("it is %s", SECRET)
        LOG.info("as JSON: %s", json.dumps({"value": SECRET}))
        LOG.info("as it is: %s", json.dumps({"value": SECRET}, ensure_ascii=False))
        LOG.info("as Python: %r", {"value": SECRET})
        LOG.info("as a form: %s", urlencode({"value": SECRET}))
        log_exception()
    assert "n33dle" not in lines.text
    assert lines.text.count("***") >= 6


def test_a_short_secret_hides_no_ordinary_words(lines: Lines) -> None:
    with telemetry.bind_fields({}, ["a", ""]):
        LOG.info("a banana")
    assert "a banana" in lines.text


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef.n33dle0123",
        "{'Authorization': 'Bearer abcdefn33dle'}",
        '{"clientSecret": "n33dle"}',
        "client_secret=n33dle&grant_type=client_credentials",
        "AZURE_CLIENTSECRET: n33dle",
        '{"clientSecret": {"type": "string", "value": "n33dle"}}',
        "password = 'n33dle'",
        "password: 'a, b; n33dle'",
        r'{"body": "{\"clientSecret\": \"n33dle\"}"}',
        "Authorization: Basic n33dle",
        "Endpoint=sb://x/;SharedAccessKey=n33dle;EntityPath=y",
        '"admin_password": "n33dle"',
        "privateKey: n33dle",
        "SEALING_KEYS=n33dle",
        "sasl.password=n33dle",
        "token eyJhbGciOiJIUzI1.eyJzdWIiOiJuMzNk.n33dle",
        "proxy http://user:n33dle@proxy.example:3128 is away",
        "https://x.blob.core.windows.net/c?sv=2024&sig=n33dle%2B&se=1",
        '"GET /operations/1?api-version=1&t=2&c=n33dle&s=n33dle&h=n33dle HTTP/1.1"',
        "x -----BEGIN RSA PRIVATE KEY-----\\nn33dle\\n-----END RSA PRIVATE KEY----- y",
    ],
)
def test_what_looks_like_a_secret_is_hidden_whoever_logs_it(text: str, lines: Lines) -> None:
    LOG.info("%s", text)
    assert "n33dle" not in lines.text
    assert "***" in lines.text


def test_ordinary_text_is_left_alone(lines: Lines) -> None:
    text = "vnet-1 in rg-1: AuthorizationFailed, the password is wrong; bearer of news"
    LOG.info("%s", text)
    assert text in lines.text


CONFIGURED = """
import logging
from driver import telemetry
from driver.settings import read
telemetry.configure(read({}))
logging.getLogger("uvicorn.access").error("GET /secret-prefix")
logging.getLogger("azure.core.pipeline").info("a request")
logging.getLogger("driver.api").info("accepted")
logging.getLogger("driver.api").debug("detail")
"""


def test_only_the_drivers_own_lines_are_written_by_default() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONFIGURED], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert "accepted" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_a_handler_that_is_there_is_kept_and_gets_the_format() -> None:
    root = logging.getLogger()
    before = [(handler, handler.formatter) for handler in root.handlers], root.level
    try:
        telemetry.configure(Settings(log_type="logstash", log_level="WARNING"))
        assert [handler for handler, _ in before[0]] == root.handlers
        assert all(isinstance(handler.formatter, telemetry.LogstashFormatter) for handler in root.handlers)
        assert root.level == logging.WARNING
    finally:
        for handler, formatter in before[0]:
            handler.setFormatter(formatter)
        root.setLevel(before[1])
        for name in ("azure", "msal", "urllib3", "asyncio"):
            logging.getLogger(name).setLevel(logging.NOTSET)


# A host with a worker process: its standard output is the container's.
HOST = """
import subprocess, sys
workers = [subprocess.Popen([sys.executable, "-c", sys.argv[1], str(number)], stdout=subprocess.DEVNULL)
           for number in range(int(sys.argv[2]))]
sys.exit(max(worker.wait() for worker in workers))
"""
WORKER = """
import logging, sys
from driver import telemetry
from driver.settings import Settings
telemetry.configure(Settings(log_type="logstash", log_output="container"))
for number in range(1_000):
    logging.getLogger("driver.api").info("%s %d %s", sys.argv[1], number, "ü" * 8_000)
    logging.getLogger("worker").info("of the worker")
"""


def container_output(worker: str, workers: int) -> bytes:
    """What workers write to the container's output."""
    command = [sys.executable, "-c", HOST, worker, str(workers)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100).stdout


@pytest.mark.slow
def test_the_lines_of_many_workers_reach_the_container_whole() -> None:
    lines = container_output(WORKER, 4).splitlines()
    parsed = [json.loads(line) for line in lines]
    assert len(parsed) == 4_000
    assert {line["logger_name"] for line in parsed} == {"driver.api"}
    assert {tuple(line["message"].split()[:2]) for line in parsed} == {
        (str(worker), str(number)) for worker in range(4) for number in range(1_000)
    }
    assert max(map(len, lines)) < 4_096
    assert all(line["message"].endswith("ü ... (cut)") for line in parsed)


def test_a_plain_line_and_one_that_is_short_are_as_they_are() -> None:
    worker = WORKER.replace('log_type="logstash", ', "").replace("1_000", "1").replace("8_000", "10")
    assert container_output(worker, 1).decode().endswith(f"INFO driver.api 0 0 {'ü' * 10}\n")


@pytest.mark.parametrize("log_type", ["logstash", "plain"])
def test_progress_events_and_southbound_messages_reach_the_container(log_type: str) -> None:
    worker = f"""
import logging
from driver import progress_events, telemetry
from driver.settings import Settings
telemetry.configure(Settings(log_type={log_type!r}, log_output="container"))
progress_events.log_event("EventPublished", {{"status": "COMPLETE"}})
logging.getLogger(telemetry.SOUTHBOUND_LOGGER).info("a body")
"""
    text = container_output(worker, 1).decode()
    if log_type == "plain":
        head, mark, *rest, last = text.splitlines()
        assert head.endswith(f"INFO {telemetry.PROGRESS_LOGGER}")
        assert (mark, yaml.safe_load("\n".join(rest))["details"]) == (MARK, {"status": "COMPLETE"})
        assert last.endswith("a body")
    else:
        first, second = map(json.loads, text.splitlines())
        assert (set(first), first["logger_name"]) == (LOGSTASH, telemetry.PROGRESS_LOGGER)
        assert read_event(first["message"])["progressEventType"] == "azure/EventPublished"
        assert second["message"] == "a body"


def test_an_output_that_cannot_be_opened_leaves_the_lines_to_the_host() -> None:
    """The parent's standard output is a socket, which cannot be opened a second time."""
    worker = WORKER.replace("1_000", "1").replace("8_000", "10")
    here, there = socket.socketpair()
    with here, there:
        done = subprocess.run(
            [sys.executable, "-c", HOST.replace("subprocess.DEVNULL", "sys.stderr"), worker, "1"],
            cwd=ROOT,
            check=True,
            stdout=there.fileno(),
            stderr=subprocess.PIPE,
            timeout=60,
        )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines if "LOG_OUTPUT=container" in line["message"]] == ["WARNING"]
    assert [line["logger_name"] for line in lines][1:] == ["driver.api", "worker"]


def test_whichever_field_is_long_is_cut() -> None:
    formatter = telemetry.LogstashFormatter(telemetry.LONGEST_LINE)
    record = logging.LogRecord("driver.api", logging.INFO, "p" * 9_000, 1, "m" * 5_000, (), None)
    with telemetry.bind_fields({f"tracectx.{number}": "ü" * 200 for number in range(20)}):
        line = formatter.format(record)
    assert len(line) < 4_096
    assert json.loads(line)["message"].startswith("m")


FORGED = "vnet\r\n2026-11-26 00:00:00,000 ERROR driver.api stolen\x1b[2J\u2028x"


@pytest.mark.parametrize("lines", [telemetry.PlainFormatter], indirect=True)
def test_a_text_begins_no_line_of_its_own(lines: Lines) -> None:
    LOG.info("accepted: %s", FORGED)
    assert len(lines.text.splitlines()) == 1
    assert "accepted: vnet\\r\\n2026-11-26" in lines.text
    assert "\x1b" not in lines.text


@pytest.mark.parametrize("lines", [telemetry.PlainFormatter], indirect=True)
def test_a_text_does_not_turn_the_order_of_its_line(lines: Lines) -> None:
    LOG.info("refused: %s", "vnet\u202etxet\u2066 ü")
    assert "refused: vnet\\u202etxet\\u2066 ü" in lines.text


@pytest.mark.parametrize("lines", [telemetry.PlainFormatter], indirect=True)
def test_a_secret_of_several_lines_is_hidden_before_it_is_escaped(lines: Lines) -> None:
    secret = "-----BEGIN 'KEY'-----\nn33dle\"\\\x85\n-----END"
    with telemetry.bind_fields({}, [secret]):
        LOG.info("it is %s.", secret)
    assert "it is ***." in lines.text


def test_a_line_that_goes_through_the_host_is_cut(lines: Lines) -> None:
    with telemetry.bind_fields({"requestId": "r-1"}):
        LOG.info("ü" * 50_000)
    (line,) = lines.text.splitlines()
    assert len(line.encode()) < telemetry.LONGEST_HOST_LINE + 100
    assert " ... (cut)" in line
    assert '"requestId": "r-1"' in line


def test_a_trial_task_hub_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    telemetry.configure(Settings(task_hub_trial=True))
    assert [one.levelname for one in caplog.records if "task hub: trial" in one.getMessage()] == ["WARNING"]
