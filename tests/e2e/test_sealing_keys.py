"""A host that lacks the sealing key of what runs: it waits, says so, and goes on once the file has the key."""

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dev.brent import vnet
from dev.stack import Stack
from driver.keys import compute_fingerprint
from tests.e2e.trial import eventually, started
from tests.support.kafka import Kafka


def replace_content(file: Path, text: str) -> None:
    """At once, as the kubelet does: nobody reads a file that is half written."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


@pytest.mark.slow
def test_keys_change_under_a_running_host(kafka: Kafka, tmp_path: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    file = tmp_path / "keys"
    file.write_text(old)
    stack = Stack(tmp_path, provisioning_seconds=1, kafka=kafka.address, settings={"SEALING_KEYS_FILE": str(file)})
    with started(stack) as trial:
        group = trial.make_group("rg-keys")
        network = vnet("vnet-1", group)
        request_id = trial.begin(network)
        replace_content(file, new)
        shown = eventually(lambda: trial.execution(request_id)["waiting"] or {})
        assert shown["for"] == "host"
        theirs, ours = compute_fingerprint(old), compute_fingerprint(new)
        assert shown["reason"].endswith(f"was sealed with key {theirs}, and the sealing keys of this host are {ours}")
        later = vnet("vnet-2", group)
        later_id = trial.begin(later)
        replace_content(file, "no-key")
        assert trial.get("/management/health").json()["vitals"]["app"]["status"] == "UNHEALTHY"
        trial.completed(later_id, later)
        replace_content(file, f"{new},{old}")
        trial.completed(request_id, network)
        assert trial.get("/management/health").json()["vitals"]["app"]["status"] == "OK"
        assert trial.log().count("the keys that were read before stay in use") == 1
        hub = json.dumps(trial.instances(showInput="true"))
        assert not any(key in hub + trial.log() for key in (old, new))
