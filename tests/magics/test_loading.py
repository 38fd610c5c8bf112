"""Loading twice is loading once; unloading leaves the shell as it was found."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from traceprop_nb import magics
from traceprop_nb.magics.verbs import TracepropMagics
from traceprop_nb.session import current

OURS = {
    "line": {"trace", "lineage", "influence", "unlearn", "report"},
    "cell": {"trace", "train"},
}


def state(ip) -> dict[str, object]:
    """Everything about a shell that an extension can change."""
    formatter = ip.display_formatter
    formatters = {"ipython": formatter.ipython_display_formatter, **formatter.formatters}
    return {
        "magics": {kind: dict(table) for kind, table in ip.magics_manager.magics.items()},
        "registry": set(ip.magics_manager.registry),
        "cleanup": list(ip.input_transformers_cleanup),
        "post": list(ip.input_transformers_post),
        "line transforms": list(ip.input_transformer_manager.line_transforms),
        "ast": list(ip.ast_transformers),
        "events": {event: list(calls) for event, calls in ip.events.callbacks.items()},
        "matchers": list(ip.Completer.custom_matchers),
        "configurables": list(ip.configurables),
        "custom exceptions": ip.custom_exceptions,
        "types": {k: dict(f.type_printers) for k, f in formatters.items()},
        "deferred": {k: dict(f.deferred_printers) for k, f in formatters.items()},
        "names": set(ip.user_ns),
        "hidden": set(ip.user_ns_hidden),
        "hooks": {name: str(hook) for name, hook in ip.hooks.items()},
        "excepthook": (sys.excepthook, sys.displayhook),
    }


def use(shell) -> None:
    """Something with every part of the extension."""
    shell("%trace on\nx = [1]")
    shell("%%trace\nx[0] + 1")
    shell("%lineage")
    shell("%trace --help")
    shell("%trace off")


def test_unloading_leaves_the_shell_as_it_was_found(plain):
    before = state(plain.ip)
    magics.install(plain.ip)
    during = state(plain.ip)
    magics.uninstall(plain.ip)
    assert state(plain.ip) == before
    changed = {part for part in before if during[part] != before[part]}
    assert {
        "magics",
        "registry",
        "cleanup",
        "ast",
        "events",
        "matchers",
        "configurables",
    } <= changed


def test_unloading_after_use_leaves_only_what_the_cells_left(plain):
    before = state(plain.ip)
    magics.install(plain.ip)
    use(plain)
    magics.uninstall(plain.ip)
    after = state(plain.ip)
    history = {name for name in after["names"] if re.fullmatch("_i*[0-9]*", name)}
    assert after["names"] - before["names"] - history == {"x"}
    before["names"] = after["names"] = before["hidden"] = after["hidden"] = set()
    assert after == before


def test_loading_twice_is_loading_once(plain):
    magics.install(plain.ip)
    once = state(plain.ip)
    magics.install(plain.ip)
    assert state(plain.ip) == once
    magics.uninstall(plain.ip)


def test_unloading_what_is_not_loaded_does_nothing(plain):
    before = state(plain.ip)
    magics.uninstall(plain.ip)
    assert state(plain.ip) == before


def test_it_can_be_loaded_again(plain):
    for _ in range(3):
        magics.install(plain.ip)
        assert plain.value("%%trace --quiet\n1 + 1") == 2
        magics.uninstall(plain.ip)


def test_a_magic_of_the_users_comes_back(plain):
    def mine(line):
        return "mine"

    plain.ip.register_magic_function(mine, "line", "lineage")
    magics.install(plain.ip)
    assert plain.value("%lineage --help") is not None
    magics.uninstall(plain.ip)
    assert plain.value("%lineage x") == "mine"


def test_a_magic_that_the_user_put_over_ours_stays(shell):
    def mine(line):
        return "mine"

    shell.ip.register_magic_function(mine, "line", "report")
    magics.uninstall(shell.ip)
    assert shell.value("%report") == "mine"


def test_every_magic_is_there_and_explains_itself(shell):
    for kind, names in OURS.items():
        assert names <= set(shell.ip.magics_manager.magics[kind])
        for name in names:
            text = shell.ip.magics_manager.magics[kind][name].__doc__
            assert text.startswith("%%" if kind == "cell" else "%")


def test_unloading_inside_a_cell_ends_it(plain):
    magics.install(plain.ip)
    plain.ip.user_ns["_magics"] = magics
    plain("%%trace\nx = 1\n_magics.uninstall(get_ipython())\ny = 2")
    assert current().cells[-1].ok is True
    assert plain.value("%%time\ny") == 2
    assert not current().tracing


def test_unloading_takes_our_hands_off_the_libraries(plain):
    managers = pytest.importorskip("pandas.core.internals.managers")
    before = dict(vars(managers.BaseBlockManager))
    magics.install(plain.ip)
    plain("%%trace --quiet\nimport pandas as pd\nx = pd.Series([1, 2])[1:]")
    assert dict(vars(managers.BaseBlockManager)) != before
    magics.uninstall(plain.ip)
    assert dict(vars(managers.BaseBlockManager)) == before


def test_after_unloading_a_header_is_unknown_again(shell):
    magics.uninstall(shell.ip)
    shell("%%trace\nx = 1")
    assert "`%%trace` not found" in shell.errors


def test_settings_are_shown_changed_and_checked(shell, caplog):
    shell("%config TracepropMagics")
    for name in TracepropMagics.class_own_traits(config=True):
        assert f"TracepropMagics.{name}" in shell.printed
    shell("%config TracepropMagics.k = 5")
    shell("%config TracepropMagics.k = 0")
    assert "should not be less" in caplog.text
    assert shell.ip.magics_manager.registry["TracepropMagics"].k == 5


def test_settings_come_from_the_users_configuration(plain):
    plain.ip.config.TracepropMagics.k = 3
    magics.install(plain.ip)
    assert plain.ip.magics_manager.registry["TracepropMagics"].k == 3
    magics.uninstall(plain.ip)


@pytest.mark.parametrize("heavy", ["IPython", "traitlets", "anywidget"])
def test_the_package_without_magics_loads_no_notebook(heavy):
    code = f"import sys, traceprop_nb; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
