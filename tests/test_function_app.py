"""The app as a Functions host sees it: bindings, names, host.json, and what importing it costs."""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from driver import contents, executions
from driver.models.runs import PUBLISH, RUN_VERSION
from driver.steps.table import STEPS
from orchestrators import calls, course, lifecycle

ROOT = Path(__file__).resolve().parents[1]
LAZY = ("azure.identity", "azure.mgmt", "confluent_kafka", "jinja2")
DESCRIBE = """
import inspect, json, sys
import function_app
functions = []
for one in function_app.app.get_functions():
    handler = one.get_user_function()
    functions.append({
        "name": one.get_function_name(),
        "async": inspect.iscoroutinefunction(handler),
        "parameters": list(inspect.signature(handler).parameters),
        "annotations": {name: str(kind) for name, kind in inspect.get_annotations(handler).items()},
        "bindings": json.loads(one.get_function_json())["bindings"],
    })
loaded = sorted({name for name in sys.modules if name.startswith(%r)})
print(json.dumps({"functions": functions, "loaded": loaded}))
"""


def imported(**settings: str) -> Any:
    """What a fresh process sees after `import function_app`."""
    environment = {name: value for name, value in os.environ.items() if name not in ("KAFKA_BOOTSTRAP_SERVERS",)}
    environment |= {"PYTHON_ENABLE_INIT_INDEXING": "1", **settings}
    command = [sys.executable, "-c", DESCRIBE % (LAZY,)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def app() -> Any:
    return imported()


@pytest.fixture(scope="module")
def functions(app: Any) -> dict[str, Any]:
    return {one["name"]: one for one in app["functions"]}


def trigger(function: dict[str, Any]) -> dict[str, Any]:
    """The one trigger of a function."""
    (found,) = [binding for binding in function["bindings"] if binding["type"].lower().endswith("trigger")]
    return dict(found)


def of_kind(functions: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: one for name, one in functions.items() if trigger(one)["type"] == kind}


def test_names_are_unique_and_every_function_has_one_trigger(app: Any, functions: dict[str, Any]) -> None:
    assert len(functions) == len(app["functions"])
    assert all(trigger(one) for one in functions.values())


def test_the_routes(functions: dict[str, Any]) -> None:
    http = of_kind(functions, "httpTrigger")
    routes = {(one["methods"][0], one["route"]) for one in map(trigger, http.values())}
    assert routes >= {
        ("POST", "api/driver/lifecycle/execute"),
        ("POST", "api/driver/references/find"),
        ("GET", "api/driver/lifecycle/executions"),
        ("GET", "api/driver/lifecycle/executions/{requestId}"),
        ("GET", "management/health"),
        ("GET", "api/driver/openapi.json"),
        ("GET", "console"),
    }
    assert len(routes) == len(http)
    assert {trigger(one)["authLevel"].lower() for one in http.values()} == {"anonymous"}


def test_http_functions_take_the_streaming_request(functions: dict[str, Any]) -> None:
    for name, one in of_kind(functions, "httpTrigger").items():
        assert one["async"], name
        assert "starlette.requests.Request" in one["annotations"][trigger(one)["name"]], name


def test_functions_with_a_durable_client_are_async_except_those_that_wait_for_azure(functions: dict[str, Any]) -> None:
    """The SDK's decorator makes them async. A step blocks: it has to run in a thread."""
    clients = {
        name: one["async"]
        for name, one in functions.items()
        if any(binding["type"] == "durableClient" for binding in one["bindings"])
    }
    assert {name for name, is_async in clients.items() if not is_async} == set(STEPS)
    assert {name for name, is_async in clients.items() if is_async} >= {"execute_lifecycle", "show_execution"}


def test_a_step_gets_the_client_as_the_sdk_binds_it(functions: dict[str, Any]) -> None:
    bindings = {
        name: [(one["name"], one["direction"]) for one in function["bindings"] if one["type"] == "durableClient"]
        for name, function in functions.items()
    }
    assert all(bindings[step] == bindings["show_execution"] for step in STEPS)


def test_every_parameter_is_bound(functions: dict[str, Any]) -> None:
    for name, one in functions.items():
        bound = {binding["name"] for binding in one["bindings"]}
        assert set(one["parameters"]) <= bound, name


def test_the_orchestrators_are_those_that_the_api_starts(functions: dict[str, Any]) -> None:
    orchestrators = of_kind(functions, "orchestrationTrigger")
    assert set(orchestrators) == {executions.ORCHESTRATOR, contents.ORCHESTRATOR}
    for one in orchestrators.values():
        assert trigger(one)["name"] == "context"
        assert not one["async"]


def test_what_the_orchestrator_calls_is_what_is_registered(functions: dict[str, Any]) -> None:
    # An unknown name would wait for ever on the real host, without a word in the log.
    registered = set(of_kind(functions, "activityTrigger"))
    assert registered == lifecycle.ACTIVITIES
    named = {*course.NEXT, *course.NEXT.values(), *course.FIRST.values(), *course.AGAIN.values()}
    assert named | set(course.ABANDONED) | {course.ABANDON} <= registered
    assert registered - {PUBLISH, "await_executions"} == set(STEPS)


def test_the_orchestrator_names_activities_nowhere_else() -> None:
    names = [
        re.findall(r"\.call_activity\w*\((\w+),", inspect.getsource(module)) for module in (calls, course, lifecycle)
    ]
    assert names == [["step", "step"], [], []]


def test_the_host_gives_orchestrations_the_version_of_new_runs() -> None:
    """After going back to an older release, the extension then lets them wait instead of failing them."""
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    assert host["extensions"]["durableTask"]["defaultVersion"] == f"{RUN_VERSION}.0"
    assert set(lifecycle.VERSIONS) == set(range(RUN_VERSION + 1))


def test_there_is_one_timer(functions: dict[str, Any]) -> None:
    (one,) = of_kind(functions, "timerTrigger").values()
    assert len(trigger(one)["schedule"].split()) == 6


def test_nothing_heavy_is_imported_with_the_app(app: Any) -> None:
    assert app["loaded"] == []


def test_bad_settings_do_not_break_the_import() -> None:
    # On the real host an error at import means 404 on every route, with nothing that says why.
    wrong = {
        "LOG_LEVEL": "loud",
        "LOG_TYPE": "unheard",
        "EVENTS": "nowhere",
        "TRANSITION_TIMEOUT_MINUTES": "an hour",
        "SEALING_KEYS": "",
        "SEALING_KEYS_FILE": "/nowhere",
        "AZURE_RESOURCE_MANAGER_URL": "http://plain",
        "KAFKA_CONFIG_NO_SUCH_SETTING": "x",
    }
    assert imported(**wrong)["functions"] == imported(SEALING_KEYS="no key")["functions"]


def test_host_json_is_fit_for_durable_and_for_the_latency_goals() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    durable = host["extensions"]["durableTask"]
    assert host["version"] == "2.0"
    assert host["extensions"]["http"]["routePrefix"] == ""
    assert host["extensionBundle"]["id"] == "Microsoft.Azure.Functions.ExtensionBundle"
    assert host["extensionBundle"]["version"] == "[4.26.0, 5.0.0)"
    assert durable["hubName"].isalnum()
    assert "storageProvider" not in durable, "settings that one durable backend understands reach no other (ADR 12)"
    assert durable["maxConcurrentActivityFunctions"] >= 20
    assert durable["maxConcurrentOrchestratorFunctions"] >= 20
    assert durable["tracing"]["traceInputsAndOutputs"] is False


def test_local_settings_make_azure_storage_fit_for_the_latency_goals() -> None:
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))
    provider = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"
    storage = {name.removeprefix(provider): value for name, value in example["Values"].items() if provider in name}
    # After a crash running work is taken up again when its message becomes visible; less than a minute is refused.
    assert storage["workItemQueueVisibilityTimeout"] == storage["controlQueueVisibilityTimeout"] == "00:01:00"
    assert storage["maxQueuePollingInterval"] <= "00:00:02"
