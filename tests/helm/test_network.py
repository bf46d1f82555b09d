"""The NetworkPolicy: who may call the driver, and what it may call. Kafka over TLS."""

from typing import Any

from tests.helm.chart import OPENSHIFT, Rendered, render


def _ports(rule: dict[str, Any]) -> set[tuple[str, int | str]]:
    return {(each["protocol"], each["port"]) for each in rule["ports"]}


def _egress(rendered: Rendered) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = rendered.one("NetworkPolicy")["spec"]["egress"]
    return rules


def test_who_may_call() -> None:
    spec = render(apis=OPENSHIFT).one("NetworkPolicy")["spec"]
    assert spec["podSelector"] == {"matchLabels": {"app": "azure-driver"}}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = spec["ingress"]
    assert _ports(rule) == {("TCP", "https")}
    assert rule["from"] == [
        {"podSelector": {}},
        {"namespaceSelector": {"matchLabels": {"policy-group.network.openshift.io/ingress": ""}}},
        {"namespaceSelector": {"matchLabels": {"network.openshift.io/policy-group": "monitoring"}}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "openshift-user-workload-monitoring"}}},
    ]


def test_who_else_may_call() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cp4na"}}}
    values = {"networkPolicy": {"from": [peer], "prometheus": False}, "route": {"enabled": False}}
    (rule,) = render(values=values, apis=OPENSHIFT).one("NetworkPolicy")["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {}}, peer]


def test_what_it_may_call() -> None:
    dns, kafka, azure, database = _egress(render("durable.backend=mssql"))
    assert _ports(dns) == {("UDP", 53), ("TCP", 53), ("UDP", 5353), ("TCP", 5353)}
    assert _ports(kafka) == {("TCP", 9092)}
    assert _ports(azure) == {("TCP", 443)}
    assert azure["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]
    assert _ports(database) == {("TCP", 1433)}


def test_ports_follow_the_values() -> None:
    assert _ports(_egress(render(values="existing-secrets"))[1]) == {("TCP", 9093), ("TCP", 9094)}
    assert _ports(_egress(render(values="air-gapped"))[2]) == {("TCP", 443), ("TCP", 3128)}
    assert _ports(_egress(render("durable.backend=mssql", "durable.mssql.port=1444"))[3]) == {("TCP", 1444)}
    assert len(_egress(render("durable.backend=azureManaged"))) == 3, "Azure's own backends are reached by HTTPS"
    extra = {"ports": [{"protocol": "TCP", "port": 514}]}
    assert _egress(render(values={"networkPolicy": {"extraEgress": [extra]}}))[-1] == extra


def test_the_metadata_service_is_reached_only_for_managed_identities() -> None:
    (rule,) = [rule for rule in _egress(render(values="workload-identity")) if _ports(rule) == {("TCP", 80)}]
    assert rule["to"] == [{"ipBlock": {"cidr": "169.254.169.254/32"}}]
    entry = {"kind": "workloadIdentity", "clientId": "a", "tenantId": "b", "subscriptions": ["*"]}
    signed_in = render(values={"azure": {"identities": [{**entry, "managedIdentity": "system"}]}})
    assert [rule["to"] for rule in _egress(signed_in) if _ports(rule) == {("TCP", 80)}] == [rule["to"]]
    pods = {
        "identities": [entry],
        "workloadIdentity": {"enabled": True, "clientId": "0" * 8 + "-0000" * 3 + "-" + "0" * 12},
    }
    for rendered in (render(), render(values={"azure": pods})):
        assert [rule for rule in _egress(rendered) if _ports(rule) == {("TCP", 80)}] == []


def test_bundled_database_lets_in_the_driver_only() -> None:
    rendered = render("keda.enabled=false", values="bundled-mssql")
    spec = rendered.one("NetworkPolicy", "azure-driver-mssql")["spec"]
    assert spec["podSelector"] == {"matchLabels": {"app": "azure-driver-mssql"}}
    assert spec["ingress"][0]["from"] == [{"podSelector": {"matchLabels": {"app": "azure-driver"}}}]
    assert "egress" not in spec, "it calls nobody"
    assert _egress(rendered)[3]["to"] == [{"podSelector": {"matchLabels": {"app": "azure-driver-mssql"}}}]


def test_trial_storage_is_for_the_driver_only() -> None:
    rendered = render()
    ports = {("TCP", 10000), ("TCP", 10001), ("TCP", 10002)}
    spec = rendered.one("NetworkPolicy", "azure-driver-azurite")["spec"]
    assert spec["podSelector"] == {"matchLabels": {"app": "azure-driver-azurite"}}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = spec["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"app": "azure-driver"}}}]
    assert _ports(rule) == ports
    assert "egress" not in spec, "it calls nobody"
    storage = _egress(rendered)[3]
    assert storage["to"] == [{"podSelector": {"matchLabels": {"app": "azure-driver-azurite"}}}]
    assert _ports(storage) == ports


def test_no_policy_where_none_is_wanted() -> None:
    assert render("networkPolicy.enabled=false").all("NetworkPolicy") == []


def test_kafka_with_mutual_tls_and_a_password_from_a_secret() -> None:
    rendered = render(values="existing-secrets")
    kafka = {name: value for name, value in rendered.env.items() if name.startswith("KAFKA_")}
    assert kafka == {
        "KAFKA_BOOTSTRAP_SERVERS": "lm-kafka-bootstrap.kafka.svc:9093,lm-kafka-2.kafka.svc:9094",
        "KAFKA_TOPIC": "lm_vnfc_lifecycle_execution_events",
        "KAFKA_CONFIG_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_CONFIG_SASL_MECHANISMS": "SCRAM-SHA-512",
        "KAFKA_CONFIG_SASL_USERNAME": "azure-driver",
        "KAFKA_CONFIG_SSL_CA_LOCATION": "/var/azuredriver/kafka-ca/ca.crt",
        "KAFKA_CONFIG_SSL_CERTIFICATE_LOCATION": "/var/azuredriver/kafka-client/tls.crt",
        "KAFKA_CONFIG_SSL_KEY_LOCATION": "/var/azuredriver/kafka-client/tls.key",
    }
    assert rendered.env_from_secrets["KAFKA_CONFIG_SASL_PASSWORD"] == ("kafka-user", "password")
    volumes = {volume["name"]: volume.get("secret", {}) for volume in rendered.pod["spec"]["volumes"]}
    assert volumes["kafka-ca"]["secretName"] == "lm-cluster-ca-cert"
    assert volumes["kafka-client"]["items"] == [
        {"key": "user.crt", "path": "tls.crt"},
        {"key": "user.key", "path": "tls.key"},
    ]
