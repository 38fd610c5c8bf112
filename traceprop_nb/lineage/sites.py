"""A probabilistic program as a graph: which sample sites depend on which, and what that implies.

Dependences in the posterior follow from those in the model by moralisation; Webb et al.,
arXiv:1712.00287. Conditional independence is d-separation; Pearl, isbn:978-1558604797.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from traceprop_nb.errors import UnknownNameError

Dependencies = dict[str, dict[str, set[str]]]


@dataclass(frozen=True)
class SampleSite:
    """One sample statement.

    Attributes:
        name: The user's.
        distribution: Name of its distribution.
        observed: Whether its value was given.
        parents: Earlier latent sites that its distribution depends on.
        plates: Names of the plates around it.
        size: Number of values.
    """

    name: str
    distribution: str
    observed: bool
    parents: tuple[str, ...]
    plates: frozenset[str] = field(default_factory=frozenset)
    size: int = 1


class SiteGraph:
    """The sample sites of a model, in its order.

    Args:
        sites: Each after its parents.
    """

    def __init__(self, sites: Sequence[SampleSite]) -> None:
        self.sites = tuple(sites)
        self._by_name = {site.name: site for site in sites}
        self._children: dict[str, list[str]] = {site.name: [] for site in sites}
        for site in sites:
            for parent in site.parents:
                self._children[parent].append(site.name)

    def __repr__(self) -> str:
        lines = [
            f"{site.name} ~ {site.distribution}({', '.join(site.parents)})"
            + (" [observed]" if site.observed else "")
            for site in self.sites
        ]
        return "\n".join([f"model of {len(self.sites)} sample sites", *lines])

    def site(self, name: str) -> SampleSite:
        """A site by its name.

        Raises:
            UnknownNameError: There is none.
        """
        if name not in self._by_name:
            raise UnknownNameError(f"no sample site {name!r}; there are {sorted(self._by_name)}")
        return self._by_name[name]

    def parents(self, name: str) -> set[str]:
        """Sites that it depends on directly."""
        return set(self.site(name).parents)

    def children(self, name: str) -> set[str]:
        """Sites that depend on it directly."""
        return set(self._children[self.site(name).name])

    def upstream(self, name: str) -> set[str]:
        """Sites that it depends on, through others too; not itself."""
        return self._reached(name, lambda at: self.site(at).parents)

    def downstream(self, name: str) -> set[str]:
        """Sites that depend on it, and itself: all whose cost its gradient needs.

        The other sites' costs only add variance to a score-function estimator; they may be left
        out (Rao-Blackwellisation; Schulman et al., arXiv:1506.05254).
        """
        return self._reached(name, self._children.__getitem__) | {name}

    def blanket(self, name: str) -> set[str]:
        """Its Markov blanket: parents, children, and the children's other parents."""
        children = self.children(name)
        spouses = {parent for child in children for parent in self.site(child).parents}
        return (self.parents(name) | children | spouses) - {name}

    def independent(
        self, a: str | Iterable[str], b: str | Iterable[str], given: str | Iterable[str] = ()
    ) -> bool:
        """Whether two sets of sites are independent given a third, whatever the distributions.

        Args:
            a: A site, or several.
            b: Others.
            given: Sites whose values are known; the observed ones are not added by themselves.

        Raises:
            UnknownNameError: There is no such site.
        """
        start, goal, known = self._names(a), self._names(b), self._names(given)
        return not self._open(start - known, known) & (goal - known)

    def prior(self) -> Dependencies:
        """For each site, the latent ones that it depends on directly, and itself."""
        found: Dependencies = {}
        for site in self.sites:
            found[site.name] = {site.name: set()}
            found[site.name].update((parent, set()) for parent in site.parents)
        return found

    def posterior(self) -> Dependencies:
        """For each latent site, those that it depends on when the model is turned round.

        A set of plates says between which of their elements every pair depends on each other.
        """
        found: Dependencies = {site.name: {} for site in self.sites if not site.observed}
        order = {site.name: k for k, site in enumerate(reversed(self.sites))}
        for child, parents in self.prior().items():
            for parent in parents:
                if parent in found:
                    found[parent][child] = set()
        for child, parents in self.prior().items():
            latent = [parent for parent in parents if parent in found]
            for first in latent:
                for second in latent:
                    if order[first] <= order[second]:
                        shared = self._plates(first) & self._plates(second) - self._plates(child)
                        found[second].setdefault(first, set()).update(shared)
        return found

    def to_dict(self) -> dict[str, Dependencies]:
        """Both, as Pyro's ``get_dependencies`` names them."""
        return {
            "prior_dependencies": self.prior(),
            "posterior_dependencies": self.posterior(),
        }

    def _plates(self, name: str) -> frozenset[str]:
        return self._by_name[name].plates

    def _names(self, names: str | Iterable[str]) -> set[str]:
        return {self.site(n).name for n in ([names] if isinstance(names, str) else names)}

    def _reached(self, name: str, step: Callable[[str], Iterable[str]]) -> set[str]:
        found: set[str] = set()
        todo = list(step(self.site(name).name))
        while todo:
            at = todo.pop()
            if at not in found:
                found.add(at)
                todo += step(at)
        return found

    def _open(self, start: Collection[str], known: Collection[str]) -> set[str]:
        """Sites that an open path leads to: Bayes' ball, Shachter (1998), arXiv:1301.7412."""
        above = {up for name in known for up in self.upstream(name)} | set(known)
        todo = [(name, True) for name in start]  # arrived from a child
        seen: set[tuple[str, bool]] = set()
        while todo:
            at, from_child = todo.pop()
            if (at, from_child) in seen:
                continue
            seen.add((at, from_child))
            parents = [(name, True) for name in self.site(at).parents]
            children = [(name, False) for name in self._children[at]]
            if at in known:
                todo += [] if from_child else parents
            elif from_child:
                todo += parents + children
            else:
                todo += children + (parents if at in above else [])
        return {name for name, _ in seen}
