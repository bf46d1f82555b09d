"""The option `--port` of the emulators."""

import argparse

_GREATEST = 65_535


def parse_port(text: str) -> int:
    """The number of a port in a command line; 0 leaves the choice to the system."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_GREATEST)) else -1
    if not 0 <= port <= _GREATEST:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: it takes a number from 0, any free one, to {_GREATEST}")
    return port
