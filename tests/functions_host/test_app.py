"""Indexing of apps, routes and settings: what is understood, and what is refused with an explanation."""

import json
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest
from azurefunctions.extensions.http.fastapi import Request

from emulators.functions_host.functions import App, HttpFunction, index
from emulators.functions_host.routes import compile_routes, decode_path, find
from emulators.functions_host.settings import HostError, HostSettings, apply_local_settings, read_host_settings

INDEXING = {"PYTHON_ENABLE_INIT_INDEXING": "1"}


def indexed(code: str) -> App:
    """The functions that a piece of function_app.py declares."""
    names: dict[str, Any] = {
        "app": df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS),
        "df": df,
        "func": func,
        "Request": Request,
    }
    exec(code, names)
    return index(names["app"], INDEXING)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (
            "@app.queue_trigger(arg_name='m', queue_name='q', connection='c')\ndef q(m): ...",
            "'q': the local host has no trigger 'queueTrigger'",
        ),
        (
            "@app.activity_trigger(input_name='x')\n@app.blob_input('b', path='p', connection='c')\ndef a(x, b): ...",
            "'a', parameter 'b': the local host has no binding 'blob'",
        ),
    ],
)
def test_what_the_host_lacks_is_refused_by_name(code: str, fault: str) -> None:
    with pytest.raises(HostError, match=fault):
        indexed(code)


def test_functions_are_known_by_the_names_their_triggers_give_them() -> None:
    app = indexed(
        "@app.function_name('Named')\n@app.route(methods=['POST', 'PUT'])\nasync def f(req: Request): ...\n"
        "@app.activity_trigger(input_name='x', activity='Act')\ndef a(x): ...\n"
        "@app.orchestration_trigger(context_name='context', orchestration='Orch')\ndef o(context): ...\n"
    )
    (http,) = app.http
    assert (http.name, http.route, http.auth_level) == ("Named", "Named", "anonymous")
    assert http.methods == {"POST", "PUT"}
    assert (app.activities["act"].name, app.orchestrators["orch"].name) == ("Act", "Orch")


def http_function(name: str, route: str, *methods: str) -> HttpFunction:
    return HttpFunction(
        name, lambda: None, "req", None, route=route, methods=frozenset(methods), auth_level="anonymous"
    )


@pytest.mark.parametrize(
    ("route", "path", "parameters"),
    [
        ("a/{id}", "/api/a/1", {"id": "1"}),
        ("a/{id}", "/API/A/1/", {"id": "1"}),
        ("a/{id}", "/api/a/", None),
        ("a/{id}", "/api/a/x/y", None),
        ("a/{id?}", "/api/a", {}),
        ("a/{id=zz}", "/api/a", {"id": "zz"}),
        ("a/{id:int}", "/api/a/-5", {"id": "-5"}),
        ("a/{id:int}", "/api/a/x", None),
        ("a/{*rest}", "/api/a/x/y", {"rest": "x/y"}),
        ("a/{id:guid}", "/api/a/0f8fad5b-d9cb-469f-a165-70867728950e", {"id": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
        ("a.b/{x}/c", "/api/axb/1/c", None),
    ],
)
def test_routes(route: str, path: str, parameters: dict[str, str] | None) -> None:
    found = find(compile_routes([http_function("f", route)], "api"), "GET", path)
    assert (found and found[1]) == parameters


def test_the_first_function_by_name_that_takes_the_method_wins() -> None:
    functions = [http_function("C", "x/y"), http_function("b", "x/{any}", "POST"), http_function("a", "x/{any}", "PUT")]
    routes = compile_routes(functions, "")
    found = [find(routes, method, "/x/y") for method in ("PUT", "POST", "GET")]
    assert [function.name for function, _ in filter(None, found)] == ["a", "b", "C"]


@pytest.mark.parametrize("route", ["{x:regex(a)}", "a-{x}", "{x:datetime}"])
def test_a_route_that_cannot_be_matched_is_refused(route: str) -> None:
    with pytest.raises(HostError, match="HTTP function 'f': the local host"):
        compile_routes([http_function("f", route)], "")


def test_an_escaped_slash_stays_in_its_segment() -> None:
    assert decode_path("/a%2Fb%20c%2f%C3%A4") == "/a%2Fb c%2fä"


def settings(folder: Path, content: Any, environment: dict[str, str] | None = None) -> HostSettings:
    (folder / "host.json").write_text(json.dumps(content))
    return read_host_settings(folder, environment or {})


def test_host_json(tmp_path: Path) -> None:
    durable = {
        "hubName": "MyHub",
        "maxConcurrentActivityFunctions": 7,
        "defaultVersion": "1.0",
        "storageProvider": {"maxQueuePollingInterval": "x"},
    }
    content = {"version": "2.0", "extensions": {"http": {"routePrefix": "p"}, "durableTask": durable}}
    environment = {"PYTHON_THREADPOOL_THREAD_COUNT": "9", "AzureWebJobsDisableHomepage": "true"}
    assert settings(tmp_path, content, environment) == HostSettings("p", "MyHub", 7, 9, False, "1.0")
    environment = {"AzureFunctionsJobHost__Extensions__HTTP__RoutePrefix": "", "azurefunctionsjobhost__x__y": "z"}
    assert settings(tmp_path, content, environment).route_prefix == ""
    defaults = settings(tmp_path, {"version": "2.0"})
    assert (defaults.route_prefix, defaults.default_version) == ("api", None)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([], "host.json must hold a JSON object, not list"),
        ({"version": "1.0"}, '"version" must be "2.0", not \'1.0\''),
        ({"version": "2.0", "extensions": []}, "extensions must be an object"),
        ({"version": "2.0", "extensions": {"http": {"routePrefix": 1}}}, "routePrefix must be a string, not 1"),
        ({"version": "2.0", "extensions": {"durableTask": {"hubName": "1-x"}}}, "hubName must be 3-45 letters"),
        (
            {"version": "2.0", "extensions": {"durableTask": {"maxConcurrentActivityFunctions": "many"}}},
            "maxConcurrentActivityFunctions must be a whole number above 0, not 'many'",
        ),
        (
            {"version": "2.0", "extensions": {"durableTask": {"versionMatchStrategy": "Strict"}}},
            "knows durableTask.versionMatchStrategy CurrentOrOlder only",
        ),
        (
            {"version": "2.0", "extensions": {"durableTask": {"defaultVersion": 1.0}}},
            "defaultVersion must be a string, not 1.0",
        ),
    ],
)
def test_a_wrong_host_json_is_explained(tmp_path: Path, content: Any, fault: str) -> None:
    with pytest.raises(HostError, match=fault):
        settings(tmp_path, content)


def test_a_wrong_thread_count_is_explained(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="PYTHON_THREADPOOL_THREAD_COUNT must be a whole number above 0, not 'x'"):
        settings(tmp_path, {"version": "2.0"}, {"PYTHON_THREADPOOL_THREAD_COUNT": "x"})


def test_a_wrong_choice_of_cores_is_explained(tmp_path: Path) -> None:
    assert settings(tmp_path, {"version": "2.0"}).stays_on_core
    assert not settings(tmp_path, {"version": "2.0"}, {"LOCAL_HOST_CORES": "all"}).stays_on_core
    with pytest.raises(HostError, match="setting LOCAL_HOST_CORES must be one or all, not '2'"):
        settings(tmp_path, {"version": "2.0"}, {"LOCAL_HOST_CORES": "2"})


def test_a_folder_without_host_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=f"no host.json in {tmp_path}"):
        read_host_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("content", "fault"),
    [({"IsEncrypted": True}, "is encrypted"), ({"Values": {"a": 1}}, "Values must be an object of strings")],
)
def test_wrong_local_settings_are_explained(tmp_path: Path, content: Any, fault: str) -> None:
    (tmp_path / "local.settings.json").write_text(json.dumps(content))
    with pytest.raises(HostError, match=fault):
        apply_local_settings(tmp_path, {})
