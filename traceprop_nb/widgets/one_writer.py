"""Every synced trait has one writer: the browser cannot rewrite what Python says it measured.

``read_only`` alone does not do: ipywidgets' own ``set_state`` goes through ``set_trait``, which
passes it by. So what comes from the browser is taken only into traits tagged for it.
"""

from __future__ import annotations

from typing import Any

import anywidget


class OneWriter(anywidget.AnyWidget):
    """A widget whose synced traits are tagged ``writer="python"`` or ``writer="browser"``."""

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser may write, and nothing else."""
        theirs = self.traits(writer="browser")
        super().set_state({name: v for name, v in sync_data.items() if name in theirs})
