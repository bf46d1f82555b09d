"""The Bicep compiler, as the tests of infra/ use it."""

from tests.infra.conftest import compiler

__all__ = ["compiler"]
