"""The seam between keraslite and the engines that compute."""

from __future__ import annotations
