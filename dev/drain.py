"""`make drain`: waits until no lifecycle runs on the stack that `make run` has started."""

import os
import sys

from dev import endpoints
from dev.endpoints import FOLDER
from driver.__main__ import main as run_driver_command

SECONDS = "900"


def main(arguments: list[str]) -> int:
    running = endpoints.read(FOLDER)
    if running is None:
        print("Nothing runs: `make run` has started nothing here.")
        return 0
    key = FOLDER / "durable-key"
    log = (FOLDER / "host.log").read_text(encoding="utf-8")
    with open(os.open(key, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(log.rpartition("instances?code=")[2].split()[0])
    seconds = arguments[0] if arguments else SECONDS
    return run_driver_command(["drain", "--url", running.driver, "--key-file", str(key), "--seconds", seconds])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
