"""`python -m emulators.kafka start`: a Kafka broker on 127.0.0.1 that needs nothing but the confluent-kafka package.

It is librdkafka's own test broker: topics appear on first use, everything is kept in memory, and it chooses its port by
itself, so each start has another address. Where an address must outlive a restart: Apache Kafka (dev/apache_kafka.py).
"""

import argparse
import signal
from pathlib import Path

from confluent_kafka import Producer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m emulators.kafka", description="A Kafka test broker on 127.0.0.1.")
    commands = parser.add_subparsers(required=True, metavar="start")
    start = commands.add_parser("start", help="run until SIGTERM or Ctrl-C")
    start.add_argument("--address-file", type=Path, help="write host:port to this file once the broker answers")
    arguments = parser.parse_args()

    # Blocked before librdkafka starts its threads, which inherit the mask: the signal then waits for sigwait below.
    stop_signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)

    owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    brokers = owner.list_topics(timeout=10).brokers
    address = ",".join(f"{broker.host}:{broker.port}" for broker in brokers.values())
    print(f"Kafka test broker: {address}", flush=True)
    if arguments.address_file:
        unfinished = arguments.address_file.with_suffix(".unfinished")
        unfinished.write_text(address, encoding="utf-8")
        unfinished.replace(arguments.address_file)
    signal.sigwait(stop_signals)


if __name__ == "__main__":
    main()
