"""%export: the session in another tool's format."""

import traceprop_nb as tp


def test_the_magic_writes_the_session_and_returns_the_path(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell("%%trace\nx = 1")
    path = shell.value("%export openlineage --save events.jsonl --detail all")
    assert str(path) == "events.jsonl"
    assert [cell.traced for cell in tp.import_lineage(path).cells] == [True, False]


def test_a_wrong_format_is_told_with_the_nearest(shell):
    shell("%export cyclondx --save x")
    assert "did you mean 'cyclonedx'" in shell.printed + shell.errors
    shell("%export prov-json")
    assert "--save" in shell.printed + shell.errors
