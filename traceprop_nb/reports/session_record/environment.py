"""Environment and randomness: packages, hardware, seeds."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.environment_facts import Environment, SeedFact
from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.section import Section

SOFTWARE = Field(
    "env.software",
    "Interpreter, platform and packages",
    ("ai-act.annex-iv.1", "ai-act.annex-iv.2.c"),
)
HARDWARE = Field("env.hardware", "Hardware", ("ai-act.annex-iv.1", "ai-act.annex-iv.2.c"))
SEEDS = Field("env.seeds", "Seeds set before training", ("ai-act.15.1", "ai-act.annex-iv.2.g"))
LOCKED = Field(
    "env.lock",
    "Packages as the lock file has them",
    ("ai-act.annex-iv.1", "ai-act.annex-iv.2.c"),
)
SWITCHES = Field(
    "env.switches",
    "Switches on which it depends whether a run repeats",
    ("ai-act.15.1", "ai-act.annex-iv.2.g"),
)
UNLIKE = "the version of each imported package compared with the one that a lock file fixes"
NAMED = "asked of the running interpreter: its version, the platform and each package's version"
BEFORE = "every seed is known, and at least one was set no later than the first training cell"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield _software(evidence.environment)
    yield _locks(evidence.environment)
    yield _hardware(evidence.environment)
    yield _switches(evidence.environment)
    yield _seeds(evidence)


def _software(environment: Environment | None) -> Finding:
    if environment is None:
        return SOFTWARE.open("capture_off", "the environment was not captured")
    value = {
        "python": plain(environment.python),
        "platform": plain(environment.platform),
        "packages": plain(environment.packages),
    }
    absent = [name for name, found in value.items() if not found]
    if len(absent) == len(value):
        return SOFTWARE.open("not_observed", "the environment was captured empty")
    if absent:
        how = f"not captured: {', '.join(absent)}"
        return SOFTWARE.partial(value, ("ev:environment",), "not_observed", how)
    return SOFTWARE.established(value, ("ev:environment",), NAMED)


def _hardware(environment: Environment | None) -> Finding:
    hardware = environment.hardware if environment else None
    if not hardware:
        return HARDWARE.open("not_observed", "processors and accelerators were not queried")
    how = "as the system reports it; compare with the machine"
    return HARDWARE.partial(plain(hardware), ("ev:environment",), "check_not_run", how)


def _locks(environment: Environment | None) -> Finding:
    locks = None if environment is None else environment.locks
    if not locks:
        return LOCKED.unseen(locks, "keep a lock file beside the notebook")
    value = [plain(lock) for lock in locks]
    ids = ("ev:environment",)
    different = [f"{one} ({lock.name})" for lock in locks for one in lock.different]
    if different:
        return LOCKED.contradicted(value, ids, UNLIKE, listed(different))
    if not any(lock.compared for lock in locks):
        how = "compare by hand: of no imported package a version was read there"
        return LOCKED.partial(value, ids, "check_not_run", how)
    return LOCKED.established(value, ids, UNLIKE)


def _switches(environment: Environment | None) -> Finding:
    switches = environment.switches if environment else None
    if not switches:
        return SWITCHES.unseen(environment, "no switch that makes a run repeat was looked at")
    how = "as the record was made; train again, and compare the parameters"
    return SWITCHES.partial(plain(switches), ("ev:environment",), "check_not_run", how)


def _seeds(evidence: Evidence) -> Finding:
    seeds = evidence.seeds
    if seeds is None:
        return SEEDS.open("capture_off", "run the cells that set seeds with tracing on")
    if not seeds:
        return SEEDS.open("not_observed", "no call that sets a seed was seen")
    value = [plain(seed) for seed in seeds]
    cells = [run.cell for run in evidence.runs or () if run.cell is not None]
    ids = ("ev:seeds",)
    if not cells:
        return SEEDS.partial(value, ids, "check_not_run", "no training cell to compare with")
    if any(seed.value is None for seed in seeds) or not _early(seeds, min(cells)):
        how = "set every seed to a number, before training"
        return SEEDS.partial(value, ids, "check_failed", how)
    return SEEDS.established(value, ids, BEFORE)


def _early(seeds: tuple[SeedFact, ...], first_training: int) -> bool:
    return any(seed.cell is not None and seed.cell <= first_training for seed in seeds)


ENVIRONMENT = Section("environment", "Environment and randomness", _observe)
