"""What a developer runs around the app: the trial stack, a client that speaks as Brent does, a real Kafka broker."""

import os

from dev.proxies import exempt_loopback

exempt_loopback(os.environ)  # here, since all of dev, tests and benchmarks, and what they start, talk to this machine
