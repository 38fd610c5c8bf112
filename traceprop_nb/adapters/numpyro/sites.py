"""The sample sites of a NumPyro model, and which of them each distribution depends on.

The log-density of every site is traced as a function of the latent values; nothing is computed. A
site depends on the values that reach its log-density in that program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import jax
from numpyro import handlers

from traceprop_nb.adapters.numpyro.reach import reach
from traceprop_nb.lineage.sites import SampleSite, SiteGraph


def sites(model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> SiteGraph:
    """The graph of a model's sample sites."""
    found: dict[str, Any] = {}

    def run() -> dict[str, Any]:
        trace = handlers.trace(handlers.seed(model, 0)).get_trace(*args, **kwargs)
        found.update(trace)
        return {name: site["value"] for name, site in trace.items() if _latent(site)}

    values = jax.eval_shape(run)
    messages = [site for site in found.values() if _counts(site)]
    names = list(values)

    def densities(*given: Any) -> list[Any]:
        named = dict(zip(names, given, strict=True))
        seeded = handlers.substitute(handlers.seed(model, 0), data=named)
        trace = handlers.trace(seeded).get_trace(*args, **kwargs)
        return [trace[m["name"]]["fn"].log_prob(trace[m["name"]]["value"]) for m in messages]

    jaxpr = jax.make_jaxpr(densities)(*values.values())
    reached = reach(jaxpr.jaxpr, [frozenset({name}) for name in names])
    latent = [m["name"] for m in messages if not m["is_observed"]]
    return SiteGraph(
        [
            _site(msg, [name for name in latent[: _before(latent, msg)] if name in brought])
            for msg, brought in zip(messages, reached, strict=True)
        ]
    )


def _before(latent: Sequence[str], msg: Any) -> int | None:
    """How many latent sites come before a latent one."""
    return latent.index(msg["name"]) if msg["name"] in latent else None


def _site(msg: Any, parents: Sequence[str]) -> SampleSite:
    return SampleSite(
        msg["name"],
        _shown(msg["fn"]),
        bool(msg["is_observed"]),
        tuple(name for name in parents if name != msg["name"]),
        frozenset(frame.name for frame in msg["cond_indep_stack"]),
        prod(getattr(msg["value"], "shape", ())),
    )


def _latent(site: Any) -> bool:
    return bool(site["type"] == "sample" and not site["is_observed"])


def _counts(site: Any) -> bool:
    return bool(site["type"] == "sample" and _distribution(site["fn"]) not in ("Delta", "Unit"))


def _distribution(fn: Any) -> str:
    while hasattr(fn, "base_dist"):
        fn = fn.base_dist
    return type(fn).__name__


def _shown(fn: Any) -> str:
    """The distribution's name, without what only shapes or masks it."""
    while type(fn).__name__ in ("Independent", "ExpandedDistribution", "MaskedDistribution"):
        fn = fn.base_dist
    return type(fn).__name__
