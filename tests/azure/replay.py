"""Recorded calls, made again against the embedded Azure."""

import re
from typing import Any

import requests

from tests.azure.emulator import Emulator
from tests.azure.recordings import Interaction
from tests.azure.scenes import FAULTS
from tests.azure.stage import LONG, Stage, still_running

_POLL = re.compile(
    r"/(operationresults|operations|asyncoperations|diskoperations|operationstatuses|privatednsoperation\w+)/[^/]+$",
    re.I,
)


class Replay:
    """One recorded sequence against one emulator."""

    def __init__(self, emulator: Emulator, sequence: list[Interaction]) -> None:
        self._stage = Stage(emulator, sequence)
        self._polls: dict[str, dict[str, str]] = {}

    def answer(self, interaction: Interaction) -> requests.Response | None:
        """The emulator's answer; None where the recording does not show how the polled operation began."""
        if re.search(r"/deployments/[^/]+/operations/[^/]+$", interaction.path):
            return self._operation(interaction)
        if _POLL.search(interaction.path) and interaction.method == "GET":
            return self._poll(interaction)
        self._stage.prepare(interaction)
        body = self._stage.body(interaction)
        fault = FAULTS.get(interaction.key)
        if fault is not None:
            self._stage.emulator.control("POST", "faults", fault | {"times": 1})
        answer = self._stage.call(interaction.method, interaction.target, body)
        if fault is not None:
            self._stage.emulator.control("DELETE", "faults")
        self._remember(interaction, answer)
        return answer

    def _poll(self, interaction: Interaction) -> requests.Response | None:
        known = self._polls.get(interaction.path.rsplit("/", 1)[1].lower())
        if known is None:
            return None
        result = "result" in interaction.path.lower().rsplit("/", 2)[1] or "monitor=true" in interaction.target.lower()
        url = known.get("location" if result else "azure-asyncoperation")
        if url is None:
            return None
        if not still_running(interaction):
            self._stage.emulator.advance(LONG)
        elif interaction.answer == {"status": "Running"}:
            self._stage.emulator.advance(4)
        return self._stage.emulator.call("GET", url)

    def _operation(self, interaction: Interaction) -> requests.Response | None:
        """One operation of a deployment: the one on the same kind of resource."""
        wanted = _target(interaction.answer["properties"])
        path = interaction.path.rsplit("/", 1)[0]
        listed = self._stage.call("GET", f"{path}?api-version={interaction.api_version}").json()["value"]
        for item in listed:
            if _target(item["properties"]) == wanted:
                return self._stage.call("GET", f"{path}/{item['operationId']}?api-version={interaction.api_version}")
        return None

    def _remember(self, interaction: Interaction, answer: requests.Response) -> None:
        """Which URL of the emulator stands for a recorded one."""
        for name in ("azure-asyncoperation", "location"):
            recorded, ours = interaction.headers.get(name), answer.headers.get(name)
            if recorded and ours:
                operation = recorded.split("?")[0].rstrip("/").rsplit("/", 1)[1].lower()
                self._polls.setdefault(operation, {})[name] = ours


def _target(properties: dict[str, Any]) -> str:
    return str((properties.get("targetResource") or {}).get("resourceType", "")).lower()
