"""What the tests of single faults share: the bench of the platform's unit tests."""

from ..unit.platform.conftest import bench

__all__ = ["bench"]
