"""The number of cells from which a run is too large to be read cell by cell."""

from __future__ import annotations

MANY = 500
"""From this many cells on, a report shows only cells with findings in full, and just the verdict of
the others. Metrics that are only shown and cannot raise an alarm are not measured."""
