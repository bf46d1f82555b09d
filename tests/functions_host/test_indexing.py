"""Which apps the local host loads, and what it says of those that it refuses: the worker's rules and two of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emulators.functions_host.functions import App, load
from emulators.functions_host.settings import HostError
from tests.functions_host.indexing_cases import CASES, HEADER, ORCHESTRATOR, activity
from tests.functions_host.process import Host

Load = Callable[[str], App]
CONSTANTS = "SPELT = 'act'\nWRONG = 'atc'\n"


@pytest.fixture
def load_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Loads the text of a function_app.py as a host does, and leaves no trace of it in this process."""
    monkeypatch.setitem(sys.modules, "function_app", None)  # so that what was there comes back
    del sys.modules["function_app"]
    monkeypatch.setattr(sys, "path", sys.path.copy())

    def load_text(text: str) -> App:
        (tmp_path / "function_app.py").write_text(text)
        return load(tmp_path, {"PYTHON_ENABLE_INIT_INDEXING": "1"})

    return load_text


def faults(load_app: Load, text: str) -> list[str]:
    with pytest.raises(HostError) as refused:
        load_app(text)
    return [str(fault) for fault in refused.value.args]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.rule is None])
def test_an_app_that_the_worker_accepts_loads(load_app: Load, name: str) -> None:
    app = load_app(CASES[name].source)
    assert [*app.http, *app.orchestrators.values(), *app.activities.values(), *app.timers]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.rule is not None])
def test_an_app_that_the_worker_refuses_is_refused_with_the_rule(load_app: Load, name: str) -> None:
    (fault,) = faults(load_app, CASES[name].source)
    rule = CASES[name].rule
    assert rule
    assert rule in fault


def test_a_lambda_has_the_name_that_the_worker_gives_it(load_app: Load) -> None:
    assert list(load_app(CASES["a lambda"].source).activities) == ["<lambda>"]


def test_all_faults_are_found_at_once(load_app: Load) -> None:
    code = activity("x: list[int], y, *, z: 'Missing'", " -> 'Missing'")
    code += "@app.orchestration_trigger(context_name='ctx')\ndef o(ctx): ...\n"
    found = faults(load_app, HEADER + code)
    assert [fault.partition(":")[0] for fault in found] == [
        "function 'a', parameter 'z'",
        "function 'a', return value",
        "function 'a', parameter 'y'",
        "function 'a', parameter 'x'",
        "function 'o', parameter 'ctx'",
    ]


@pytest.mark.parametrize(
    "call",
    [
        "call_activity('atc', 1)",
        "call_activity(WRONG, 1)",
        "call_activity(name='atc')",
        "call_activity_with_retry('atc', None, 1)",
        "call_activity_with_retry(WRONG, retry_options=None)",
    ],
)
def test_an_activity_that_is_called_and_not_registered_is_a_fault(load_app: Load, call: str) -> None:
    code = CONSTANTS + "@app.activity_trigger(input_name='x')\ndef act(x): ...\n"
    code += ORCHESTRATOR.format(body=f"yield context.call_activity('Act', 1); yield context.{call}")
    assert faults(load_app, HEADER + code) == [
        "function 'o': calls the activity 'atc', which is not registered; the real host would wait for it for ever"
    ]


@pytest.mark.parametrize("method", ["call_sub_orchestrator('x')", "call_sub_orchestrator_with_retry('x', None)"])
def test_an_orchestrator_that_is_called_and_not_registered_is_a_fault(load_app: Load, method: str) -> None:
    code = ORCHESTRATOR.format(body=f"yield context.call_sub_orchestrator('o'); yield context.{method}")
    (fault,) = faults(load_app, HEADER + code + activity("x").replace("def a", "def x"))
    assert fault.startswith("function 'o': calls the orchestrator 'x', which is not registered")


def test_names_chosen_at_run_time_are_those_of_activities(load_app: Load) -> None:
    code = "ACTIVITIES = frozenset({'a', 'b'})\n" + activity("x")
    code += ORCHESTRATOR.format(body="step = context.get_input(); yield context.call_activity(step)")
    (fault,) = faults(load_app, HEADER + code)
    assert fault.startswith("function 'o': calls the activity 'b', which is not registered")


def test_a_local_name_is_not_taken_for_a_constant(load_app: Load) -> None:
    code = CONSTANTS + ORCHESTRATOR.format(body="WRONG = context.get_input(); yield context.call_activity(WRONG)")
    assert list(load_app(HEADER + code).orchestrators) == ["o"]


def test_a_refused_app_ends_the_host_with_a_line_for_each_fault(
    make_host: Callable[..., Host], app_folder: Path
) -> None:
    code = activity("x: list[int]") + CASES["a timer as a dict"].code
    (app_folder / "function_app.py").write_text(HEADER + code)
    host = make_host(app_folder)
    assert host.launch().wait(20) == 1
    first, second = host.log.splitlines()[-2:]
    assert first.startswith("error: function 'a', parameter 'x': the Python worker refuses the annotation list[int]")
    assert second.startswith("error: function 'f', parameter 't': the annotation dict does not fit a timer")
    assert host.log.count("error: ") == 2
