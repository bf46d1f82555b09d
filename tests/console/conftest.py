"""A driver with made-up executions for each test."""

from collections.abc import Iterator

import pytest

from tests.console.world import World, serve


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def url(world: World) -> Iterator[str]:
    """The URL of the console of `world`."""
    with serve(world) as served:
        yield served
