"""One Apache Kafka broker (KRaft) on 127.0.0.1, from the jars that pom.xml names; needs Java 17 and Maven."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from dev import processes
from dev.locks import locked
from dev.ports import free_port

POM = Path(__file__).with_name("pom.xml")
JARS = Path(__file__).parents[1] / ".cache" / "kafka"
START_SECONDS = 60.0
USER, PASSWORD = "driver", "trial-password"

# A small heap and a fast start matter here, speed does not.
JAVA = [
    "java",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
]

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},SIGNED://127.0.0.1:{signed_port},CONTROLLER://127.0.0.1:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SIGNED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.signed.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_{user}="{password}";
log.dirs={folder}/data
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


def version() -> str:
    """Returns the version of Apache Kafka that pom.xml names."""
    names = {"m": "http://maven.apache.org/POM/4.0.0"}
    pom = ElementTree.fromstring(POM.read_text(encoding="utf-8"))  # noqa: S314 - a file of this project
    found = pom.findtext("m:dependencies/m:dependency/m:version", namespaces=names)
    if found is None:
        raise ValueError(f"{POM}: names no version of Apache Kafka")
    return found


def missing_tools() -> list[str]:
    """Returns which of the needed programs are not on the PATH."""
    return [tool for tool in ("java", "mvn") if shutil.which(tool) is None]


def jars() -> Path:
    """Returns the folder of the broker's jars; copies them there with Maven once for each content of pom.xml."""
    folder = JARS / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    with locked(JARS / "lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=JARS) as unfinished:
                copied = Path(unfinished, "jars")
                copy = ["mvn", "--batch-mode", "--quiet", f"--file={POM}", "dependency:copy-dependencies"]
                _run([*copy, "-DincludeScope=runtime", f"-DoutputDirectory={copied}"])
                copied.rename(folder)
    return folder


@dataclass
class ApacheKafka:
    """A broker that keeps its address and its data when it is stopped and started again.

    `folder` gets its settings, its data and its log.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    signed_port: int = field(default_factory=free_port)
    _server: processes.Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def signed_address(self) -> str:
        """Where clients have to sign in as USER with PASSWORD."""
        return f"127.0.0.1:{self.signed_port}"

    def start(self) -> None:
        """Starts the broker and returns when it answers; raises ProcessError with the end of its log if it does not."""
        java = [*JAVA, "-cp", f"{jars()}/*"]
        settings = self.folder / "server.properties"
        if not settings.exists():
            settings.write_text(
                SETTINGS.format(
                    port=self.port,
                    signed_port=self.signed_port,
                    controller_port=free_port(),
                    folder=self.folder,
                    user=USER,
                    password=PASSWORD,
                ),
                encoding="utf-8",
            )
            _run([*java, "kafka.tools.StorageTool", "format", "--cluster-id=azureDriverKafkaTests0", f"-c={settings}"])
        command = [*java, "kafka.Kafka", str(settings)]
        self._server = processes.start("Apache Kafka", command, self.folder / "kafka.log", self.folder, {})
        try:
            self._server.wait_until(self._answers, START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the broker; does nothing if it does not run."""
        if self._server:
            self._server.stop()
            self._server = None

    def kill(self) -> None:
        """Ends the broker without warning."""
        if self._server:
            os.killpg(self._server.process.pid, signal.SIGKILL)
            self._server.process.wait()
            self._server = None

    def _answers(self) -> bool:
        client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        try:
            client.list_topics(timeout=0.5)
        except KafkaException:
            return False
        return True


def configure_topic(address: str, topic: str, name: str, value: str) -> None:
    """Changes a setting of a topic."""
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    changed = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    client = AdminClient({"bootstrap.servers": address})
    client.incremental_alter_configs([changed])[changed].result(30)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)}: ended with code {done.returncode}\n{done.stdout}{done.stderr}".rstrip()
        )
