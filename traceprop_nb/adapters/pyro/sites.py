"""The sample sites of a Pyro model, and which of them each distribution depends on.

The model runs once, without gradients, with random numbers of its own; every latent value carries
its site's name, and a site depends on the names that its log-density carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyro
import torch
from pyro import poutine
from pyro.poutine.messenger import Messenger
from pyro.poutine.util import site_is_subsample

from traceprop_nb.adapters.pyro.provenance import of_tree, plain, track
from traceprop_nb.lineage.sites import SampleSite, SiteGraph


class _Naming(Messenger):
    """Every sampled value carries its site's name, and nothing that came before."""

    def _pyro_post_sample(self, msg: Any) -> None:
        if _counts(msg):
            msg["value"] = track(plain(msg["value"]), frozenset({msg["name"]}))


def sites(model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> SiteGraph:
    """The graph of a model's sample sites."""
    with torch.random.fork_rng(), torch.no_grad(), pyro.validation_enabled(False):
        with _Naming():
            trace = poutine.trace(model).get_trace(*args, **kwargs)
        messages = [msg for msg in trace.nodes.values() if _counts(msg)]
        return SiteGraph([_site(msg, messages[:k]) for k, msg in enumerate(messages)])


def _site(msg: Any, before: Sequence[Any]) -> SampleSite:
    latent = [one["name"] for one in before if not one["is_observed"] and one["value"].numel()]
    brought = of_tree(msg["fn"].log_prob(msg["value"])) if latent else frozenset()
    return SampleSite(
        msg["name"],
        _shown(msg["fn"]),
        bool(msg["is_observed"]),
        tuple(name for name in latent if name in brought),
        frozenset(frame.name for frame in msg["cond_indep_stack"] if frame.vectorized),
        int(msg["value"].numel()),
    )


def _counts(msg: Any) -> bool:
    """Whether a message is a random choice that matters: no subsample, mask or constant."""
    if msg["type"] != "sample" or site_is_subsample(msg):
        return False
    if msg["is_observed"] and msg["mask"] is False:
        return False
    return _distribution(msg["fn"]) != "Delta"


def _distribution(fn: Any) -> str:
    while hasattr(fn, "base_dist"):
        fn = fn.base_dist
    return type(fn).__name__


def _shown(fn: Any) -> str:
    """The distribution's name, without what only shapes or masks it."""
    while type(fn).__name__ in ("Independent", "ExpandedDistribution", "MaskedDistribution"):
        fn = fn.base_dist
    return type(fn).__name__
