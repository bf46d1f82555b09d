"""Commands of the Azure CLI one after another in one process: az needs seconds to start. Run by the CLI's own Python.

Each line of the standard input is the JSON list of a command's arguments. It is answered by a line
`{"status", "output", "errors"}`: the exit status, and what the command prints to each stream. No wait between two polls
is longer than 20 ms, so that only the embedded Azure's own pace counts.
"""

import importlib
import io
import json
import sys
import time
from typing import Any

LONGEST = 0.02


def main() -> None:
    answers, errors = sys.stdout, io.StringIO()
    sys.stderr = errors
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(float(seconds), LONGEST))
    core = importlib.import_module("azure.cli.core")  # of the environment that this runs in

    for line in sys.stdin:
        errors.seek(0)
        errors.truncate()
        status, output = _run(core.get_default_cli(), json.loads(line))
        answers.write(json.dumps({"status": status, "output": output, "errors": errors.getvalue()}) + "\n")
        answers.flush()


def _run(cli: Any, arguments: list[str]) -> tuple[int, str]:
    output = sys.stdout = io.StringIO()
    try:
        status = cli.invoke(arguments, out_file=output)
    except SystemExit as error:
        status = error.code
    finally:
        sys.stdout = sys.__stdout__
    return int(status or 0), output.getvalue()


if __name__ == "__main__":
    main()
