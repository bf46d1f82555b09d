"""Indexes apps with Microsoft's own loader: `python worker.py FOLDER MODULE...` prints `{module: names or error}`.

The loader is that of azure-functions-runtime, which must be on the path. Of the worker's protocol, whose messages its
answers are made of, it needs no more than the names.
"""

import json
import sys
from importlib import import_module
from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """A message of the protocol: whatever fields it is made with."""


class BindingInfo(Message):
    """A binding in the protocol, with the values of its directions."""

    undefined, out, inout = 0, 1, 2


PROTOCOL = SimpleNamespace(BindingInfo=BindingInfo, RpcFunctionMetadata=Message, RpcRetryOptions=Message)


def _runtime(module: str) -> Any:
    return import_module(f"azure_functions_runtime.{module}")


def index(folder: str, module: str) -> list[str] | str:
    """The names of an app's functions, or why it is refused."""
    functions, loader = _runtime("functions"), _runtime("loader")
    try:
        app = loader.index_function_app(f"{folder}/{module}.py")
        found, _ = loader.process_indexed_function(PROTOCOL, functions.Registry(), app, folder)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return [function.name for function in found]


def main(folder: str, *modules: str) -> None:
    """Index the modules of a folder, all of which use HTTP streams or all of which do not."""
    sys.path.insert(0, folder)
    _runtime("bindings.meta").load_binding_registry()
    print(json.dumps({module: index(folder, module) for module in modules}))


if __name__ == "__main__":
    main(*sys.argv[1:])
