"""Throughput, latency and robustness of the driver on its trial stack; README.md says how to run them."""
