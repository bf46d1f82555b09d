"""Values that make no sense are refused in words that say what is wrong, by Helm 3 and Helm 4."""

import re

import pytest

from tests.helm.chart import OPENSHIFT, Refused, render
from tests.helm.tools import HELM3, HELM4, Helm

# Setting(s) -> the value's name, and what must be said of it. The two Helms word schemas in their own ways.
NONSENSE = [
    (["app.replicas=-1"], r"app.replicas", r"greater than or equal to 0|minimum: got -1, want 0"),
    (["app.replicas=two"], r"app.replicas", r"Expected: integer|got string, want integer"),
    (["app.replcas=2"], r"app", r"replcas"),
    (["docker.tag=1"], r"docker", r"tag"),
    (["docker.imagePullPolicy=Sometimes"], r"docker.imagePullPolicy", r"IfNotPresent"),
    (["docker.digest=sha256:12"], r"docker.digest", r"64 hexadecimal digits"),
    (["app.config.log.level=verbose"], r"app.config.log.level", r"DEBUG"),
    (["app.config.env.NUM_PROCESSES=0"], r"app.config.env.NUM_PROCESSES", r"greater than or equal to 1|want 1"),
    (["app.config.env.NUM_PROCESSES=16"], r"app.config.env.NUM_PROCESSES", r"less than or equal to 10|want 10"),
    (["app.config.security.ssl.enabled=maybe"], r"app.config.security.ssl.enabled", r"boolean"),
    (["app.resources.limits.memory=lots"], r"app.resources.limits.memory", r"attern"),
    (["app.autoscaler.minReplicas=0"], r"app.autoscaler.minReplicas", r"greater than or equal to 1|want 1"),
    (["app.autoscaler.minReplicas=11"], r"app.autoscaler.minReplicas", r"greater than app.autoscaler.maxReplicas"),
    (["app.terminationGracePeriodSeconds=30"], r"app.terminationGracePeriodSeconds", r"killed while it finishes"),
    (["app.livenessProbe.path=ping"], r"app.livenessProbe.path", r"attern"),
    (["keda.minReplicas=0"], r"keda.minReplicas", r"greater than or equal to 1|want 1"),
    (["keda.minReplicas=11"], r"keda.minReplicas", r"greater than keda.maxReplicas"),
    (["keda.enabled=true", "app.autoscaler.enabled=true"], r"keda.enabled", r"both would scale the same Deployment"),
    (["keda.enabled=true", "durable.backend=azureManaged"], r"keda.enabled", r"keda.cpu.enabled=true"),
    (["durable.backend=redis"], r"durable.backend", r"azureStorage"),
    (["durable.hubName=my-hub"], r"durable.hubName", r"letters and digits"),
    (["durable.mssql.schemaName=a b"], r"durable.mssql.schemaName", r"letters, digits and underscores"),
    (["durable.backend=mssql", "durable.mssql.bundled.enabled=true"], r"bundled.image", r"in your registry"),
    (["durable.mssql.bundled.enabled=true"], r"durable.mssql.bundled.enabled", r"set durable.backend=mssql"),
    (["durable.azureStorage.accountName=hub"], r"azureStorage.accountName", r"set durable.backend=azureStorage"),
    (["durable.trial.size=big"], r"durable.trial.size", r"attern"),
    (["durable.trial.image="], r"durable.trial.image", r"[lL]ength"),
    (["keda.enabled=true"], r"keda.enabled", r"keda.cpu.enabled=true"),
    (["durable.azureStorage.partitionCount=17"], r"durable.azureStorage.partitionCount", r"16"),
    (
        ["durable.backend=azureStorage", "durable.azureStorage.accountName=hub"],
        r"durable.azureStorage.accountName",
        r"azure.workloadIdentity.enabled=true",
    ),
    (["azure.workloadIdentity.enabled=true"], r"azure.workloadIdentity.clientId", r"client id"),
    (["azure.workloadIdentity.clientId=me"], r"azure.workloadIdentity.clientId", r"00000000-0000"),
    (["azure.identities[0].kind=secret"], r"azure.identities.0", r"managedIdentity"),
    (["azure.identities[0].kind=managedIdentity"], r"azure.identities.0", r"subscriptions"),
    (
        ["azure.identities[0].kind=workloadIdentity", "azure.identities[0].subscriptions[0]=a"],
        r"azure.identities",
        r"azure.workloadIdentity.enabled=true",
    ),
    (["azure.clouds[0].authority=https://a"], r"azure.clouds.0", r"name"),
    (["azure.clouds[0].name=a", "azure.clouds[0].authority=http://a"], r"azure.clouds.0.authority", r"attern"),
    (["azure.resourceManagerUrl=http://arm"], r"azure.resourceManagerUrl", r"https URL"),
    (["azure.authorityHost=login"], r"azure.authorityHost", r"https URL"),
    (["kafka.bootstrapServers=kafka"], r"kafka.bootstrapServers", r"host:port"),
    (["kafka.bootstrapServers=http://kafka:9092"], r"kafka.bootstrapServers", r"without a scheme"),
    (["app.config.override.messaging.connection_address=k"], r"messaging.connection_address", r"host:port"),
    (["app.config.override.messaging.config.api_key=1"], r"messaging.config.api_key", r"librdkafka's name"),
    (["app.config.override.messaging.conection_address=k:1"], r"messaging", r"conection_address"),
    (["kafka.topic=a topic"], r"kafka.topic", r"Kafka topic's name"),
    (["kafka.config.Security_Protocol=SSL"], r"Security_Protocol", r"such as security.protocol"),
    (["kafka.secretKeys.x_y=p", "kafka.existingSecret=s"], r"x_y", r"librdkafka's own name"),
    (["app.config.env.9LIVES=cat"], r"9LIVES", r"no digit first"),
    (["kafka.secretKeys.sasl\\.password=p"], r"kafka.secretKeys", r"name the Secret"),
    (["service.type=Ingress"], r"service.type", r"NodePort"),
    (["service.nodePort=70000"], r"service.nodePort", r"65535|65,535"),
    (["route.termination=tunnel"], r"route.termination", r"passthrough"),
    (["route.termination=edge"], r"route.termination=edge", r"speaks TLS"),
    (["app.config.security.ssl.enabled=false"], r"route.termination=passthrough", r"speaks no TLS"),
    (["app.config.security.ssl.certManager.enabled=true"], r"certManager.issuerRef.name", r"name the Issuer"),
    (
        [
            "app.config.security.ssl.certManager.enabled=true",
            "app.config.security.ssl.certManager.issuerRef.name=ca",
            "app.config.security.ssl.servingCertificate.enabled=true",
        ],
        r"app.config.security.ssl",
        r"one certificate has one issuer",
    ),
    # What `helm upgrade --reuse-values` gives: the defaults of the version before.
    (["kafka=null"], r"kafka", r"kafka is required|missing property 'kafka'"),
    (["networkPolicy.azurePorts[0]=https"], r"networkPolicy.azurePorts", r"integer"),
]


@pytest.mark.parametrize(
    "helm", [HELM3, pytest.param(HELM4, marks=pytest.mark.slow)], ids=lambda helm: f"helm{helm.version}"
)
@pytest.mark.parametrize(("settings", "name", "words"), NONSENSE, ids=[" ".join(each[0]) for each in NONSENSE])
def test_nonsense_is_refused_in_words(settings: list[str], name: str, words: str, helm: Helm) -> None:
    with pytest.raises(Refused) as refused:
        render(*settings, apis=OPENSHIFT, helm=helm)
    # Helm 4 writes a value's name as a path.
    said = re.sub(r"'/([^']*)'", lambda path: path[1].replace("/", "."), str(refused.value))
    assert name in said
    assert re.search(words, said)


@pytest.mark.parametrize("variable", ["URLS", "urls", "POD_NAMESPACE", "pod_namespace", "CONTAINER_NAME"])
@pytest.mark.parametrize(
    "setting", ["app.config.env.{}=x", "app.extraEnv[0].name={},app.extraEnv[0].value=x"], ids=["env", "extraEnv"]
)
def test_variable_that_stops_the_host_is_refused(setting: str, variable: str) -> None:
    with pytest.raises(Refused, match=f"environment variable {variable}: the Functions host does not run with it"):
        render(setting.format(variable))


def test_variable_that_stops_the_host_does_not_come_from_elsewhere() -> None:
    """Secrets and ConfigMaps of app.extraEnvFrom cannot be looked into: the command drops these three names."""
    rendered = render("app.extraEnvFrom[0].secretRef.name=s")
    assert rendered.container["envFrom"] == [{"secretRef": {"name": "s"}}]
    *drop, host = rendered.container["command"]
    assert drop == ["/usr/bin/env", "-u", "URLS", "-u", "POD_NAMESPACE", "-u", "CONTAINER_NAME"]
    assert host == "/azure-functions-host/Microsoft.Azure.WebJobs.Script.WebHost"
    assert rendered.pod["spec"]["enableServiceLinks"] is False


@pytest.mark.parametrize(
    "setting",
    ["app.config.env.LOG_LEVEL=INFO", "app.config.env.KAFKA_TOPIC=t", "app.extraEnv[0].name=WEBSITE_HOSTNAME"],
)
def test_variable_of_the_chart_is_not_given_twice(setting: str) -> None:
    with pytest.raises(Refused, match=r"environment variable [A-Z_]+: given twice"):
        render(setting)
