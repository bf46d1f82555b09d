"""The alerts as Prometheus evaluates them: its own promtool plays series of scrapes, one a minute."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helm import tools
from tests.helm.chart import render
from tests.helm.test_metrics import list_queries

Rule = dict[str, Any]
_REACHABLE = "azure_driver_service_reachable"
_ANSWERS = 'http_server_request_duration_seconds_count{http_route="/api/driver/lifecycle/execute",namespace="lm"'
_CALLS = 'http_client_request_duration_seconds_count{namespace="lm"'
_ENDED = 'azure_driver_event_duration_seconds_count{namespace="lm"'


@dataclass(frozen=True)
class Play:
    """What is scraped in the pod's namespace, series by series in promtool's notation, and the alerts that are on
    after so many minutes. The driver is never silent unless a play says so.
    """

    series: dict[str, str]
    minutes: int
    firing: tuple[str, ...] = ()
    is_silent: bool = False


def service(name: str, pod: str = "a") -> str:
    return f'{_REACHABLE}{{service="{name}",namespace="lm",pod="{pod}"}}'


def gauge(name: str, labels: str = "") -> str:
    return f'azure_driver_{name}{{namespace="lm"{labels}}}'


PLAYS = {
    "all is well": Play({service("kafka"): "1x60", service("entra"): "1x60", service("azure"): "1x60"}, 60),
    "no series": Play({}, 6, ("AzureDriverSilent",), is_silent=True),
    "no series, not for long": Play({}, 3, is_silent=True),
    "series of another namespace": Play({f'{_REACHABLE}{{namespace="b"}}': "1x60"}, 6, ("AzureDriverSilent",), True),
    "series that end": Play({service("kafka"): "1x10"}, 30, ("AzureDriverSilent",), is_silent=True),
    "Kafka is away from one of two pods": Play(
        {service("kafka"): "1x60", service("kafka", "b"): "1x9 0x50"}, 13, ("AzureDriverKafkaAway",)
    ),
    "Kafka is away for a minute": Play({service("kafka"): "1x9 0 1x50"}, 13),
    "an event waits": Play({gauge("events_oldest_age_seconds"): "301x60"}, 3, ("AzureDriverEventsPending",)),
    "an event waits a little": Play({gauge("events_oldest_age_seconds"): "299x60"}, 30),
    "the task hub is away": Play({gauge("task_hub_reachable"): "1x9 0x50"}, 13, ("AzureDriverTaskHubAway",)),
    "the first 503": Play(
        {_ANSWERS + ',http_response_status_code="503"}': "0x9 1x50"}, 11, ("AzureDriverWorkRefused",)
    ),
    "a 503 of long ago": Play({_ANSWERS + ',http_response_status_code="503"}': "0x9 1x50"}, 40),
    "requests that are accepted": Play({_ANSWERS + ',http_response_status_code="202"}': "0+9x60"}, 40),
    "a lost execution": Play({gauge("executions_lost_total"): "0x9 1x50"}, 11, ("AzureDriverExecutionsLost",)),
    "8 of 30 fail": Play(
        {_ENDED + ',outcome="FAILED"}': "0x9 8x50", _ENDED + ',outcome="COMPLETE"}': "0x9 22x50"},
        12,
        ("AzureDriverTransitionsFail",),
    ),
    "4 of 8 fail, which are few": Play(
        {_ENDED + ',outcome="FAILED"}': "0x9 4x50", _ENDED + ',outcome="COMPLETE"}': "0x9 4x50"}, 12
    ),
    "8 of 100 fail": Play(
        {_ENDED + ',outcome="FAILED"}': "0x9 8x50", _ENDED + ',outcome="COMPLETE"}': "0x9 92x50"}, 12
    ),
    "a transition is late": Play(
        {gauge("transitions_time_used_ratio"): "0.5x9 0.76x50"}, 12, ("AzureDriverTransitionNearTimeout",)
    ),
    "a transition has time left": Play({gauge("transitions_time_used_ratio"): "0.74x60"}, 30),
    "answers 429 for 15 minutes": Play(
        {_CALLS + ',http_response_status_code="429"}': "0+3x60"}, 20, ("AzureDriverThrottled",)
    ),
    "a burst of answers 429": Play({_CALLS + ',http_response_status_code="429"}': "0x9 30x50"}, 20),
    "a limit that lasts": Play(
        {gauge("arm_limits_reached", ',arm_kind="reads"'): "1x60"}, 20, ("AzureDriverThrottled",)
    ),
    "Entra ID is away": Play({service("entra"): "1x9 0x50"}, 16, ("AzureDriverEntraAway",)),
    "Azure is away": Play({service("azure"): "1x9 0x50"}, 16, ("AzureDriverAzureAway",)),
    "Azure is away for 4 minutes": Play({service("azure"): "1x9 0x3 1x50"}, 16),
}


@pytest.fixture(scope="module")
def promtool() -> Path:
    if not tools.PROMTOOL.exists():
        pytest.skip("promtool is not on the PATH, and there is no apt-get to take it from Debian's package")
    return tools.PROMTOOL


@pytest.fixture(scope="module")
def rules() -> dict[str, Rule]:
    """The rules of the chart by their names."""
    (group,) = render(values="metrics").one("PrometheusRule")["spec"]["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def test_every_alert_has_a_play_in_which_it_fires(rules: dict[str, Rule]) -> None:
    assert {name for play in PLAYS.values() for name in play.firing} == set(rules)


def test_the_alerts_fire_when_they_should_and_only_then(rules: dict[str, Rule], promtool: Path, tmp_path: Path) -> None:
    group = {"name": "azure-driver", "rules": list(rules.values())}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")
    told = {"rule_files": ["rules.yaml"], "tests": [describe_play(name, play, rules) for name, play in PLAYS.items()]}
    (tmp_path / "plays.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    run_promtool(promtool, "test", "rules", tmp_path / "plays.yaml")


def test_prometheus_can_read_the_queries_of_the_dashboard(promtool: Path, tmp_path: Path) -> None:
    """As recording rules, with Grafana's variables filled in. `label_values` is Grafana's own."""
    dashboard = json.loads(
        render(values="metrics").one("ConfigMap", "azure-driver-dashboard")["data"]["azure-driver.json"]
    )
    queries = {query for query in list_queries(dashboard) if "azure_driver_" in query or "http_" in query}
    filled = {query.replace("$__rate_interval", "5m").replace("$namespace", "lm") for query in queries}
    expressions = sorted(query for query in filled if not query.startswith("label_values("))
    assert len(expressions) > 20
    rules = [{"record": f"query:{number}", "expr": expr} for number, expr in enumerate(expressions)]
    content = {"groups": [{"name": "dashboard", "rules": rules}]}
    (tmp_path / "dashboard.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    run_promtool(promtool, "check", "rules", tmp_path / "dashboard.yaml")


def run_promtool(promtool: Path, *arguments: str | Path) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def describe_play(name: str, play: Play, rules: dict[str, Rule]) -> dict[str, Any]:
    """The play as promtool reads it."""
    series = play.series if play.is_silent else {**play.series, f'{_REACHABLE}{{service="x",namespace="lm"}}': "1x60"}
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": f"{play.minutes}m",
                "alertname": alert,
                "exp_alerts": describe_alert(rule, alert in play.firing),
            }
            for alert, rule in rules.items()
        ],
    }


def describe_alert(rule: Rule, fires: bool) -> list[dict[str, Any]]:
    """The alert that promtool is to find, with everything that a receiver gets."""
    labels = {**rule["labels"], "namespace": "lm"}
    return [{"exp_labels": labels, "exp_annotations": rule["annotations"]}] if fires else []
