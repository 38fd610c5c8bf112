"""Tests that end differently by the nature of tracing, each with the reason; no other may."""

from __future__ import annotations

REASONS: dict[str, str] = {}
"""Name of a test, or how the names of several begin -> why it ends differently when traced."""


def reason(node: str) -> str:
    """Why a test may end differently; empty where it may not."""
    return next((why for start, why in REASONS.items() if node.startswith(start)), "")
