"""A traced program is the untraced one to the letter: values, output, errors, lines and carets."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.hazards import expressions, failures, libraries, objects, scopes
from tests.hazards.running import run
from traceprop_nb.session import Session

SNIPPETS = {
    **expressions.SNIPPETS, **failures.SNIPPETS, **libraries.SNIPPETS, **objects.SNIPPETS,
    **scopes.SNIPPETS,
}  # fmt: skip


NOT_YET: dict[str, str] = {}
"""Programs that rewriting alone changes, and why."""

NOT_WHILE_RECORDING = {
    "recursion that is too deep ends at the same depth": "hooks need three frames at the limit",
}
"""Programs that recording changes, and why."""


def cases(known: dict[str, str]) -> list[object]:
    """Every program; those that are known to differ must differ."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=known[name]))
        if name in known
        else name
        for name in SNIPPETS
    ]


@pytest.fixture(scope="module")
def session():
    """A session that records everything these programs do."""
    session = Session()
    yield session
    session.close()


def cell(session: Session, source: str, *, traced: bool):
    """Run a program as a cell; both kinds at the same depth of the stack."""
    session.begin_cell(1, source, traced=traced)
    try:
        return run(source, session.rewrite if traced else None)
    finally:
        session.end_cell(True)


def same(session: Session, source: str) -> None:
    """Compare what can be seen of a program, part by part."""
    plain = cell(session, source, traced=False)
    recorded = cell(session, source, traced=True)
    assert recorded.error == plain.error
    assert recorded.names == plain.names
    assert recorded.printed == plain.printed
    assert recorded.warned == plain.warned


@pytest.mark.parametrize("name", cases(NOT_YET | NOT_WHILE_RECORDING))
def test_a_traced_program_is_the_untraced_one(session, name):
    before = dict(session.recorder.swallowed)
    same(session, SNIPPETS[name])
    assert session.recorder.swallowed == before
    assert session.cells[-1].rewritten


def test_it_is_with_every_library_loaded_too(session):
    for library in ("jax", "polars", "torch"):  # each adapter looks at the classes it meets
        import_module(library)
    session.open_adapters()
    for name, source in objects.SNIPPETS.items():
        if name not in NOT_WHILE_RECORDING:
            same(session, source)


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_program_is_the_same_twice(name):
    assert run(SNIPPETS[name]) == run(SNIPPETS[name])


@pytest.mark.parametrize("name", cases(NOT_YET))
def test_a_rewritten_program_that_nobody_records_is_the_untraced_one(session, name):
    source = SNIPPETS[name]

    def rewrite_and_stop(tree):
        session.begin_cell(1, source, traced=True)
        try:
            return session.rewrite(tree)
        finally:
            session.end_cell(True)

    before = len(session.graph)
    assert run(source, rewrite_and_stop) == run(source)
    assert len(session.graph) == before


def test_a_class_without_a_hash_is_left_alone_and_counted(session):
    before = len(session.graph)
    same(session, objects.UNHASHABLE)
    assert session.recorder.swallowed.pop("@")
    session.recorder.swallowed.clear()
    assert len(session.graph) == before


def test_the_programs_are_recorded(session):
    cell(session, "a = np.arange(3) + 1\nb = a[a > 1] * 2\n", traced=True)
    assert session.graph.op_name(len(session.graph) - 1) == "*"


def test_the_comparison_notices_a_careless_rewriting():
    source = "def t(x):\n    log.append(x)\n    return x\nr = t(1) - t(2)\nx = r / 0\n"

    def swap(tree):
        tree.body[1].value.left, tree.body[1].value.right = (
            tree.body[1].value.right,
            tree.body[1].value.left,
        )
        return tree

    def shift(tree):
        tree.body[2].value.col_offset -= 2
        return tree

    plain = run(source)
    assert run(source, swap).names["log"] != plain.names["log"]
    assert run(source, shift).error != plain.error
