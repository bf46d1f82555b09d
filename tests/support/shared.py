"""Test data that lies beside the project: recordings, corpus, contract and the Bicep compiler."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"test data not found: {SHARED}")
