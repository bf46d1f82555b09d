"""What Prometheus and Grafana are given: it fits the pod, and names what the driver exports."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from driver.metrics import INSTRUMENTS, find_prometheus_label, find_prometheus_name
from driver.models.runs import RUN_VERSION, Run, TransitionShown
from orchestrators.timing import find_deadline
from tests.helm.chart import Refused, render
from tests.helm.tools import ROOT
from tests.support.scrape import read_samples

# Labels that Prometheus adds, or that the operator's relabelling does.
FOREIGN = {"le", "namespace"}
PARTS = ("_bucket", "_count", "_sum")


def list_series() -> dict[str, set[str]]:
    """The labels of each series that a scrape may hold, by its name."""
    series: dict[str, set[str]] = {}
    for one in INSTRUMENTS:
        names = PARTS if one.kind == "histogram" else ("",)
        labels = set(map(find_prometheus_label, one.labels))
        series |= {find_prometheus_name(one) + part: labels for part in names}
    return series


def list_queries(content: Any) -> list[str]:
    """The texts of all queries in a rule or a dashboard."""
    if isinstance(content, list):
        return [text for one in content for text in list_queries(one)]
    if not isinstance(content, dict):
        return []
    own = [value for name, value in content.items() if name in ("expr", "query") and isinstance(value, str)]
    return own + [text for value in content.values() for text in list_queries(value)]


def find_unknown(query: str) -> list[str]:
    """The names of metrics and labels in a query that no scrape holds."""
    series = list_series()
    names = set(re.findall(r"\b(?:azure_driver|http)_\w+", re.sub(r'"[^"]*"', "", query)))
    metrics = {name for name in names if name.endswith(("_total", *PARTS)) or name.startswith("azure_driver_")}
    unknown = [name for name in metrics if name not in series]
    known_labels = set().union(*(series[name] for name in metrics if name in series)) | FOREIGN
    in_braces = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query)
    in_groups = [label.strip() for found in re.findall(r"\bby \(([^)]*)\)", query) for label in found.split(",")]
    return unknown + [label for label in (*in_braces, *in_groups) if label not in known_labels]


@pytest.fixture(scope="module")
def rendered() -> Any:
    return render(values="metrics")


def test_every_query_names_what_is_exported(rendered: Any) -> None:
    dashboard = json.loads(rendered.one("ConfigMap", "azure-driver-dashboard")["data"]["azure-driver.json"])
    rules = rendered.one("PrometheusRule")["spec"]
    queries = [*list_queries(rules), *(query for query in list_queries(dashboard) if query != "prometheus")]
    assert len(queries) > 25
    assert {query: unknown for query in queries if (unknown := find_unknown(query))} == {}
    used = {name for name in list_series() if any(re.search(rf"\b{name}\b", query) for query in queries)}
    unused = {one.name for one in INSTRUMENTS if not any(name.startswith(find_prometheus_name(one)) for name in used)}
    assert unused == set(), "what nobody looks at need not be exported"


# It prints what a host that has just started answers to a scrape.
FRESH = """
import asyncio
from driver import monitoring, settings
from tests.support.executions import TaskHub
monitoring.configure(settings.current())
print(asyncio.run(monitoring.scrape(TaskHub(), ""))[1].decode())
"""


def test_the_first_of_what_an_alert_counts_is_an_increase(rendered: Any, tmp_path: Path) -> None:
    """Prometheus's increase() does not count the first value of a series. Alerts on what lasts (`for`) do not care."""
    rules = [rule for group in rendered.one("PrometheusRule")["spec"]["groups"] for rule in group["rules"]]
    queries = [rule["expr"] for rule in rules if "for" not in rule]
    counted = [found for query in queries for found in re.findall(r"increase\((\w+)\{([^}]*)\}", query)]
    assert len({name for name, _ in counted}) == 3
    environment = {**os.environ, "OTEL_METRICS_EXPORTER": "prometheus", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    scraped = subprocess.run(
        [sys.executable, "-c", FRESH], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    samples = read_samples(scraped.stdout)
    for name, selector in counted:
        wanted = {*re.findall(r'(\w+)="([^"]*)"', selector)} - {("namespace", "lm")}
        assert [value for (one, labels), value in samples.items() if one == name and labels >= wanted], (name, wanted)
        assert sum(value for (one, _), value in samples.items() if one == name) == 0


def test_the_alert_before_a_timeout_fires_before_the_deployment_is_cancelled(rendered: Any) -> None:
    rules = [rule for group in rendered.one("PrometheusRule")["spec"]["groups"] for rule in group["rules"]]
    (near,) = [rule["expr"] for rule in rules if rule["alert"] == "AzureDriverTransitionNearTimeout"]
    accepted = datetime(2026, 1, 1, tzinfo=UTC)
    for seconds in (120, 840, 7_200):
        transition = TransitionShown(name="Create", verb="deploy", seconds=seconds)
        end = accepted + timedelta(seconds=seconds)
        cancelled = find_deadline(Run(version=RUN_VERSION, request_id="r", transition=transition), end)
        assert float(near.rpartition(">")[2]) < (cancelled - accepted).total_seconds() / seconds - 0.05


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("sum(azure_driver_transitions)", ["azure_driver_transitions"]),
        ("azure_driver_events_pending_total > 0", ["azure_driver_events_pending_total"]),
        ('rate(azure_driver_transitions_total{code="x"}[5m])', ["code"]),
        ("sum by (type) (azure_driver_retries_total)", ["type"]),
        ("http_client_request_duration_count", ["http_client_request_duration_count"]),
    ],
)
def test_a_wrong_name_is_found(query: str, unknown: list[str]) -> None:
    assert find_unknown(query) == unknown


def test_every_alert_is_in_the_operations_page(rendered: Any) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    headings = {line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")}
    rules = [rule for group in rendered.one("PrometheusRule")["spec"]["groups"] for rule in group["rules"]]
    for rule in rules:
        assert f"`{rule['alert']}`" in page, rule["alert"]
        (heading,) = re.findall(r"docs/operations\.md, ([^.]+)\.", rule["annotations"]["description"])
        assert heading in headings, rule["alert"]


def test_the_pod_has_metrics_in_a_folder_of_its_own() -> None:
    pod = render()
    assert pod.env["OTEL_METRICS_EXPORTER"] == "prometheus"
    assert pod.env["PROMETHEUS_MULTIPROC_DIR"] == "/tmp/metrics"
    assert {"name": "tmp", "mountPath": "/tmp"} in pod.container["volumeMounts"]
    off = render("metrics.enabled=false")
    assert off.env["OTEL_METRICS_EXPORTER"] == "none"
    assert "PROMETHEUS_MULTIPROC_DIR" not in off.env
    kinds = {item["kind"] for item in pod.objects}
    assert not kinds & {"ServiceMonitor", "PrometheusRule"}


@pytest.mark.parametrize(
    ("settings", "ca"),
    [
        ([], {"secret": {"name": "azure-driver-tls", "key": "tls.crt"}}),
        (
            ["app.config.security.ssl.servingCertificate.enabled=true"],
            {"configMap": {"name": "openshift-service-ca.crt", "key": "service-ca.crt"}},
        ),
        (
            [
                "app.config.security.ssl.certManager.enabled=true",
                "app.config.security.ssl.certManager.issuerRef.name=ours",
            ],
            {"secret": {"name": "azure-driver-tls", "key": "ca.crt"}},
        ),
    ],
)
def test_prometheus_checks_the_certificate_that_the_pod_has(settings: list[str], ca: dict[str, Any]) -> None:
    spec = render(*settings, values="metrics").one("ServiceMonitor")["spec"]
    (endpoint,) = spec["endpoints"]
    assert endpoint["tlsConfig"] == {"serverName": "azure-driver.lm.svc", "ca": ca}
    assert (endpoint["port"], endpoint["scheme"], endpoint["path"]) == ("https", "https", "/metrics")
    service = render(*settings, values="metrics").one("Service")
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]


def test_without_tls_prometheus_speaks_http() -> None:
    plain = render("app.config.security.ssl.enabled=false", values="metrics")
    (endpoint,) = plain.one("ServiceMonitor")["spec"]["endpoints"]
    assert (endpoint["scheme"], "tlsConfig" in endpoint) == ("http", False)


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(Refused, match=r"without metrics\.enabled"):
        render("metrics.enabled=false", values="metrics")
    own = "app.config.security.ssl.secret.generate=false"
    with pytest.raises(Refused, match=r"metrics\.serviceMonitor\.tlsConfig: say by which CA"):
        render(own, values="metrics")
    given = render(own, "metrics.serviceMonitor.tlsConfig.insecureSkipVerify=true", values="metrics")
    assert given.one("ServiceMonitor")["spec"]["endpoints"][0]["tlsConfig"] == {"insecureSkipVerify": True}


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [("http://collector:4318", 4318), ("https://collector.example", 443), ("http://collector", 80)],
)
def test_a_collector_gets_traces_and_if_wanted_metrics(endpoint: str, port: int) -> None:
    given = f"metrics.otlp.endpoint={endpoint}"
    found = render(given)
    assert found.env["OTEL_EXPORTER_OTLP_ENDPOINT"] == endpoint
    assert found.env["OTEL_METRICS_EXPORTER"] == "prometheus"
    assert {"ports": [{"protocol": "TCP", "port": port}]} in found.one("NetworkPolicy")["spec"]["egress"]
    assert render(given, "metrics.otlp.metrics=true").env["OTEL_METRICS_EXPORTER"] == "prometheus,otlp"
    only = render(given, "metrics.otlp.metrics=true", "metrics.enabled=false")
    assert only.env["OTEL_METRICS_EXPORTER"] == "otlp"
    with pytest.raises(Refused, match=r"metrics\.otlp\.endpoint"):
        render("metrics.otlp.endpoint=collector:4318")
