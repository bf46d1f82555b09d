"""`make api-check`: schemathesis sends what the API's own OpenAPI document allows, and what it does not, to the app.

The app runs on the local host, with the embedded Azure and a Kafka broker. It fails on any 5xx, on any answer that the
document does not describe, and if the app logs an error that it has no answer for. schemathesis' report is printed.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from dev.stack import Stack, running

DOCUMENT = "/api/driver/openapi.json"
BUG = "failed unexpectedly"  # what the driver logs of an error that it has no answer for
# Not asked: whether what fits the schema is accepted (a well-formed request may name a resource type that does not
# exist), whether a wrong method is a 405 (the Functions host answers 404), and what APIs with a login must do.
LEFT_OUT = ("positive_data_acceptance", "unsupported_method", "ignored_auth")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.api_check", description=__doc__)
    parser.add_argument("--examples", type=int, default=40, help="requests of each kind for each operation, at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="azure-driver-api-check-") as folder:
        stack = Stack(Path(folder), provisioning_seconds=0.3)
        with running(stack) as endpoints:
            status = check(endpoints.driver, options.examples, options.seed)
        bugs = [line for line in stack.folder.joinpath("host.log").read_text("utf-8").splitlines() if BUG in line]
    if bugs:
        print("The app has logged errors that it has no answer for:", *bugs, sep="\n")
    return 1 if bugs else status


def check(driver: str, examples: int, seed: int) -> int:
    """Run schemathesis. Returns its exit status; what it finds is printed."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", driver + DOCUMENT, "--url", driver]
    extent = ["--checks", "all", "--exclude-checks", ",".join(LEFT_OUT), "--max-examples", str(examples)]
    manner = ["--seed", str(seed), "--generation-database", "none", "--no-color"]
    return subprocess.run([*command, *extent, *manner], check=False, timeout=1_200).returncode


if __name__ == "__main__":
    sys.exit(main())
