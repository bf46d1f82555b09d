"""The embedded Azure against every recorded call: status, polling headers, keys of the body, shape of errors."""

import pytest

from tests.azure.comparison import differences
from tests.azure.emulator import Emulator
from tests.azure.misses import MISSES
from tests.azure.recordings import sequences
from tests.azure.replay import Replay
from tests.support.shared import needs_shared

KNOWN = {key: reason for reason, keys in MISSES.items() for key in keys}


@pytest.mark.slow
@needs_shared
def test_each_recorded_answer_is_given_or_its_miss_has_a_reason(
    azure: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    passed, missed = 0, dict[str, list[str]]()
    for sequence in sequences().values():
        replay = Replay(azure, sequence)
        for interaction in sequence:
            answer = replay.answer(interaction)
            found = ["not comparable"] if answer is None else differences(interaction, answer)
            if found:
                missed[interaction.key] = found
            else:
                passed += 1
    with capsys.disabled():
        print(f"\nrecorded ARM calls answered alike: {passed} of {passed + len(missed)}, {len(KNOWN)} known misses")
    unexpected = {key: found for key, found in missed.items() if key not in KNOWN}
    assert unexpected == {}
    assert set(KNOWN) == set(missed), "these are answered alike by now"
