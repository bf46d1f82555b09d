"""Apps that the Python worker loads or refuses, each a function_app.py: the table of what was seen on the real host."""

from dataclasses import dataclass

HEADER = """
import collections.abc, dataclasses, functools, typing
import azure.durable_functions as df
import azure.functions as func
import pydantic
from azurefunctions.extensions.http.fastapi import JSONResponse, Request, Response

class Typed(typing.TypedDict):
    name: str

@dataclasses.dataclass
class Data:
    name: str

class Model(pydantic.BaseModel):
    name: str

Alias = dict[str, int]
New = typing.NewType("New", dict)
app = df.DFApp()
"""
FUTURE = "from __future__ import annotations\n"
UNRESOLVED = "cannot be evaluated: NameError: name 'Missing' is not defined"


@dataclass(frozen=True)
class Case:
    """An app. `rule` is what the local host says where it refuses it, None where it loads.

    `worker_differs` says why the worker itself is not as strict.
    """

    code: str
    rule: str | None = None
    worker_differs: str | None = None

    @property
    def source(self) -> str:
        """The text of its function_app.py."""
        future, code = (FUTURE, self.code.removeprefix(FUTURE)) if self.code.startswith(FUTURE) else ("", self.code)
        return f"{future}{HEADER}\n{code}"


def activity(parameters: str, answer: str = "", future: bool = False) -> str:
    """An app of one activity `a` with the input `x`."""
    code = f"@app.activity_trigger(input_name='x')\ndef a({parameters}){answer}:\n    return 1\n"
    return (FUTURE if future else "") + code


def http(parameters: str, answer: str = "") -> str:
    """An app of one HTTP function `h` with the trigger's parameter `req`."""
    return f"@app.route(route='h')\nasync def h({parameters}){answer}:\n    return JSONResponse({{}})\n"


def timer(annotation: str) -> str:
    return f"@app.timer_trigger(arg_name='t', schedule='0 0 * * * *')\ndef f(t{annotation}): ...\n"


def with_client(parameters: str, prefix: str = "") -> str:
    decorators = "@app.activity_trigger(input_name='x')\n@app.durable_client_input(client_name='client')\n"
    return f"{decorators}{prefix}def a({parameters}): ...\n"


ACCEPTED_ANNOTATIONS = [
    "dict",
    "str",
    "bytes",
    "object",
    "typing.Any",
    "typing.Dict[str, typing.Any]",
    "typing.Mapping[str, typing.Any]",
    "typing.List[int]",
    "typing.Dict",
    "collections.abc.Mapping",
    "typing.Annotated[dict, 'with a note']",
    "Typed",
    "Data",
    "Model",
    "None",
    "'dict'",
    "'typing.Mapping[str, typing.Any]'",
]
REFUSED_ANNOTATIONS = [
    "dict[str, typing.Any]",
    "list[int]",
    "collections.abc.Mapping[str, typing.Any]",
    "Alias",
    "dict | None",
    "New",
    "typing.Optional[dict]",
    "typing.Union[dict, str]",
    "typing.Tuple[int]",
    "typing.Tuple",
    "typing.Callable[[], int]",
    "typing.Literal['a']",
    "typing.TypeVar('T')",
    "'dict[str, typing.Any]'",
    "5",
]
A = "function 'a', parameter "
REFUSES = "the Python worker refuses the annotation "
ORCHESTRATOR = "@app.orchestration_trigger(context_name='context')\ndef o(context):\n    {body}\n"

CASES = {
    "no annotation": Case(activity("x")),
    **{f"annotation {text}": Case(activity(f"x: {text}")) for text in ACCEPTED_ANNOTATIONS},
    **{f"annotation {text}": Case(activity(f"x: {text}"), f"{A}'x': {REFUSES}") for text in REFUSED_ANNOTATIONS},
    "a default": Case(activity("x: dict = {}")),
    "postponed dict": Case(activity("x: dict", future=True)),
    "postponed dict[str, int]": Case(activity("x: dict[str, int]", future=True), f"{A}'x': {REFUSES}dict[str, int]"),
    "an unresolved annotation": Case(activity("x: 'Missing'"), f"{A}'x': the annotation {UNRESOLVED}"),
    "an unresolved postponed annotation": Case(activity("x: Missing", future=True), f"{A}'x': the annotation"),
    "an unresolved return": Case(activity("x", " -> 'Missing'"), "function 'a', return value: the annotation"),
    "text that is no type": Case(activity("x: '1'"), f"{A}'x': {REFUSES}1"),
    "any return that resolves": Case(activity("x", " -> dict[str, int] | None")),
    "another parameter": Case(activity("x, y"), f"{A}'y': no decorator binds anything to it"),
    "another parameter with a default": Case(activity("x, y=1"), f"{A}'y': no decorator binds anything to it"),
    "another keyword": Case(activity("x, *, y=1"), f"{A}'y': no decorator binds anything to it"),
    "any keywords": Case(activity("x, **kw"), f"{A}'kw': no decorator binds anything to it"),
    "context: dict on an activity": Case(activity("x, context: dict"), f"{A}'context': no decorator binds anything"),
    "the worker's context": Case(
        activity("x, context: func.Context"),
        f"{A}'context': no decorator binds anything to it",
        worker_differs="the local host has no azure.functions.Context to give",
    ),
    "a parameter that is not there": Case(activity(""), f"{A}'x': a decorator binds it, and the function has no"),
    "functools.partial": Case(
        "app.activity_trigger(input_name='x')(functools.partial(print, x=1))",
        "AttributeError: 'functools.partial' object has no attribute '__name__'",
    ),
    "an object that is called": Case(
        "class Called:\n    def __call__(self, x): ...\napp.activity_trigger(input_name='x')(Called())",
        "AttributeError: 'Called' object has no attribute '__name__'",
    ),
    "a lambda": Case("app.activity_trigger(input_name='x')(lambda x: x)"),
    "two functions with one name": Case(
        activity("x") + activity("x"), "Function a does not have a unique function name"
    ),
    "two activities with one name": Case(
        "@app.activity_trigger(input_name='x', activity='Same')\ndef a(x): ...\n"
        "@app.activity_trigger(input_name='x', activity='same')\ndef b(x): ...\n",
        "function 'b': its activity name 'same' is that of function 'a', too",
        worker_differs="it takes them silently, and one of them is never called",
    ),
    "two app objects": Case(
        f"other = df.DFApp()\n{activity('x')}",
        "function_app.py has more than one top-level app, the worker takes one: app, other",
    ),
    "two names of one app object": Case(f"other = app\n{activity('x')}", "more than one top-level app"),
    "no app object": Case("app = 1", "function_app.py defines no FunctionApp or DFApp at its top level"),
    "an app object of another name": Case(f"{activity('x')}functions = app\ndel app"),
    "no function": Case(
        "", "function_app.py registers no function", worker_differs="it loads; the host then says '0 functions found'"
    ),
    "an orchestrator": Case(ORCHESTRATOR.format(body="...")),
    "an orchestrator's context of another name": Case(
        "@app.orchestration_trigger(context_name='ctx')\ndef o(ctx): ...",
        "function 'o', parameter 'ctx': an orchestrator's parameter must be named 'context'",
    ),
    "an orchestrator's own annotations": Case(
        "@app.orchestration_trigger(context_name='context')\ndef o(context: 'Missing') -> dict[str, int]: ..."
    ),
    "streaming HTTP": Case(http("req: Request")),
    "streaming HTTP that returns a response": Case(http("req: Request", " -> JSONResponse")),
    "streaming HTTP that returns a dict": Case(http("req: Request", " -> dict")),
    "streaming HTTP that returns a generic": Case(
        http("req: Request", " -> dict[str, int]"),
        f"function 'h', return value: {REFUSES}dict[str, int] of an HTTP function",
    ),
    "streaming HTTP that returns one of two": Case(
        http("req: Request", " -> JSONResponse | None"), f"function 'h', return value: {REFUSES}"
    ),
    "streaming HTTP that returns None": Case(
        http("req: Request", " -> None"), f"function 'h', return value: {REFUSES}"
    ),
    "classic HTTP beside streaming HTTP": Case(
        http("req: Request") + "@app.route(route='c')\ndef c(req: func.HttpRequest): ...",
        "function 'c', parameter 'req': the local host serves HTTP streams only",
    ),
    "HTTP without annotation": Case(
        http("req"),
        "function 'h', parameter 'req': the local host serves HTTP streams only",
        worker_differs="it passes what the other functions of the app take",
    ),
    "a timer": Case(timer(": func.TimerRequest")),
    "a timer without annotation": Case(timer("")),
    "a timer as text": Case(timer(": str")),
    "a timer as a dict": Case(timer(": dict"), "function 'f', parameter 't': the annotation dict does not fit a timer"),
    "a client": Case(with_client("x, client", "async ")),
    "a client, annotated": Case(with_client("x: dict, client: df.DurableOrchestrationClient", "async ")),
    "a client, with an annotation that is no class": Case(with_client("x, client: dict[str, int]", "async ")),
    "a client, not async": Case(with_client("x, client")),
    "an entity": Case(
        "@app.entity_trigger(context_name='context')\ndef e(context): ...",
        "function 'e': durable entities are not supported by the local host",
        worker_differs="the local host has no entities",
    ),
}
