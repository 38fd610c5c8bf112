"""Code that ``%time`` and its kin run is found in the cell it stands in."""

import ast

import pytest

from traceprop_nb.magics.placing import Place, find_place, moved


def identity(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("cell", "piece", "place"),
    [
        ("%%trace\n%%time\nx = 1\ny = 2\n", "x = 1\ny = 2\n", Place(2, 0)),
        ("%%trace\na = 1\n%time x = f(a)\n", "x = f(a)", Place(2, 6)),
        ("%%trace\nif a:\n    %timeit -n 1 -r 2 f(a)\n", "f(a)", Place(2, 22)),
        ("y = %time f(ä)\n", "f(ä)", Place(0, 10)),
        ("ä = 1; z = 2\n%time ä + z\n", "ä + z", Place(1, 6)),
        ("größe = %time f(b)\n", "f(b)", Place(0, 16)),
        ("x = 1\n", "x = 1\n", Place(0, 0)),
    ],
)
def test_a_piece_is_found(cell, piece, place):
    assert find_place(ast.parse(piece), cell, identity) == place


def test_a_piece_from_elsewhere_is_not_found():
    assert find_place(ast.parse("y = 1"), "%time x = 1\n", identity) is None


def test_positions_are_the_cells_inside_and_the_pieces_own_afterwards():
    cell = "%%trace\nä = 1\n%time x = g(ä)\n"
    tree = ast.parse("x = g(ä)")
    before = ast.dump(tree, include_attributes=True)
    with moved(tree, find_place(tree, cell, identity)):
        call = tree.body[0].value
        assert ast.get_source_segment(cell, call) == "g(ä)"
        assert call.lineno == 3
    assert ast.dump(tree, include_attributes=True) == before


def test_positions_come_back_after_an_error():
    tree = ast.parse("x = 1")

    def fail():
        with moved(tree, Place(3, 4)):
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        fail()
    assert tree.body[0].lineno == 1
