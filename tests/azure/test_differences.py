"""What the page "What differs from Azure" says is refused is refused, by name."""

import pytest

from emulators.azure.differences import REFUSED, Refused
from tests.azure.emulator import SUBSCRIPTION, Emulator

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
VERSION = "api-version=2024-03-01"


@pytest.mark.parametrize("refused", REFUSED, ids=lambda one: one.what)
def test_it_is_refused_by_name(azure: Emulator, refused: Refused) -> None:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    joint = "&" if "?" in refused.path else "?"
    answer = azure.call(refused.method, f"{GROUP}{refused.path}{joint}{VERSION}", refused.body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotSupportedByEmulator")
    assert len(answer.json()["error"]["message"]) > len("The embedded Azure does not implement .")
