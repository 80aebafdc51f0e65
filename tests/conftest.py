"""Fixtures that most promises need: a school in the morning, and one after hours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.school import FRIDAY_EVENING, School, school


@pytest.fixture
def here(tmp_path: Path) -> Iterator[School]:
    """Friday 20 November 2026, 10:40, in school hours."""
    with school(tmp_path) as it:
        yield it


@pytest.fixture
def after_hours(tmp_path: Path) -> Iterator[School]:
    """Friday 20 November 2026, 19:05: the school is shut."""
    with school(tmp_path, at=FRIDAY_EVENING) as it:
        yield it
