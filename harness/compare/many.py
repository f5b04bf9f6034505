"""From how many cells on a run is too large to be read cell by cell."""

from __future__ import annotations

MANY = 500
"""From so many cells on a report tells those with findings whole, and of the others the verdict;
what is only shown of their rounds, and can alarm nobody, is not measured."""
