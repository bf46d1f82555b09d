"""`make stop`: stops what `make run` started, and nothing else."""

from functools import partial
from pathlib import Path

from dev import endpoints, processes
from dev.endpoints import FILE_NAME, FOLDER, Endpoints

MODULES = {"host": "emulators.functions_host", "azure": "emulators.azure", "kafka": "emulators.kafka"}


def main() -> None:
    stop(FOLDER)


def stop(folder: Path) -> None:
    """Stops the servers that `folder`/endpoints.json names, the host first, unless their ids are others' by now."""
    running = endpoints.read(folder)
    if running is None:
        print("Nothing to stop: `make run` has started nothing here.")
        return
    for name in MODULES:
        pid = running.pids.get(name)
        if pid is None:
            continue
        if still_ours(name, pid, folder):
            processes.stop(pid, is_running=partial(still_ours, name, pid, folder))
            print(f"{name}: stopped")
        else:
            print(f"{name}: process {pid} had ended before")
    folder.joinpath(FILE_NAME).unlink()


def find_running(folder: Path) -> Endpoints | None:
    """What `make run` has started for `folder`; None if nothing of it runs any more."""
    started = endpoints.read(folder)
    if started and any(still_ours(name, pid, folder) for name, pid in started.pids.items()):
        return started
    return None


def still_ours(name: str, pid: int, folder: Path) -> bool:
    """Whether the process of that id is the server that was started for `folder`, and not a later one with its id."""
    command = processes.command_line(pid)
    return f"-m {MODULES[name]} start" in command and str(folder) in command


if __name__ == "__main__":
    main()
