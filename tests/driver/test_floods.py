"""Lines that hundreds would write: the first ones are in the log, and one line counts the others."""

import logging

import pytest

from driver import floods, telemetry
from tests.e2e.trial import eventually

LOG = logging.getLogger("driver.test")


def list_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines of this test; threads of other tests may log, too."""
    return [record.getMessage() for record in caplog.records if record.name == LOG.name]


def test_the_first_lines_are_written_and_one_line_counts_the_others(caplog: pytest.LogCaptureFixture) -> None:
    for number in range(300):
        floods.log_line(LOG, logging.WARNING, "counted", f"{number} waits for Azure", seconds=3)
    assert list_lines(caplog) == ["0 waits for Azure", "1 waits for Azure", "2 waits for Azure"]
    floods.log_line(LOG, logging.WARNING, "another kind", "it waits for Kafka", seconds=3)
    assert list_lines(caplog)[-1] == "it waits for Kafka"
    counted = "297 more like this within 3 s: 3 waits for Azure"
    eventually(lambda: counted in list_lines(caplog))
    assert {record.levelname for record in caplog.records if record.name == LOG.name} == {"WARNING"}
    floods.log_line(LOG, logging.WARNING, "counted", "300 waits for Azure", seconds=3)
    assert list_lines(caplog)[-1] == "300 waits for Azure"


def test_a_line_that_counts_shows_no_secret_of_the_requests(caplog: pytest.LogCaptureFixture) -> None:
    with telemetry.bind_fields({}, ["n33dle"]):
        for _ in range(2):
            floods.log_line(LOG, logging.WARNING, "secret", "refused: n33dle", lines=1, seconds=2)
    eventually(lambda: "1 more like this within 2 s: refused: ***" in list_lines(caplog))
