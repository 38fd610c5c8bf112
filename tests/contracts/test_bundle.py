"""The committed JavaScript is what the sources give, typed, tested and small."""

import os
import pathlib
import shutil
import subprocess

import pytest

from tests.contracts.tree import PACKAGE, ROOT

JS = ROOT / "js"
STATIC = PACKAGE / "widgets/static"
LIMIT = 90 * 1024


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found and (JS / "node_modules/esbuild").exists():
        return found
    why = "node is not installed" if not found else "js/node_modules is missing: npm ci in js/"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"in CI the bundle must be checked: {why}")
    pytest.skip(why)


def run(node: str, *arguments: object, cwd: pathlib.Path = JS):
    words = [node, *map(str, arguments)]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300)


def test_the_committed_bundle_is_what_the_sources_give(node):
    done = run(node, "build.mjs", "--check")
    assert done.returncode == 0, done.stderr


def copy_of_js(tmp_path: pathlib.Path) -> pathlib.Path:
    copy = tmp_path / "js"
    shutil.copytree(JS, copy, ignore=shutil.ignore_patterns("node_modules", ".test"))
    (copy / "node_modules").symlink_to(JS / "node_modules")
    shutil.copytree(STATIC, tmp_path / "traceprop_nb/widgets/static")
    return copy


def test_the_check_above_can_fail(node, tmp_path):
    copy = copy_of_js(tmp_path)
    assert run(node, "build.mjs", "--check", cwd=copy).returncode == 0
    changed = copy / "src/kit/format.ts"
    changed.write_text(changed.read_text().replace("toPrecision(4)", "toPrecision(5)"))
    done = run(node, "build.mjs", "--check", cwd=copy)
    assert done.returncode == 1
    assert "runtime.js" in done.stderr


def test_the_types_hold(node):
    done = run(node, "node_modules/typescript/bin/tsc", "--noEmit")
    assert done.returncode == 0, done.stdout


def test_a_wrong_type_would_be_found(node, tmp_path):
    copy = copy_of_js(tmp_path)
    changed = copy / "src/kit/format.ts"
    changed.write_text(changed.read_text() + "\nexport const wrong: number = 'a';\n")
    done = run(node, "node_modules/typescript/bin/tsc", "--noEmit", cwd=copy)
    assert done.returncode != 0
    assert "format.ts" in done.stdout


def test_the_javascript_tests_pass(node):
    done = run(node, "test/run.mjs")
    assert done.returncode == 0, done.stdout[-4000:]


def test_all_widgets_together_are_small_and_the_shim_is_tiny():
    size = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    assert set(size) == {"runtime.js", "shim.js"}
    assert sum(size.values()) <= LIMIT
    assert size["shim.js"] <= 512


def test_the_bundle_reaches_out_to_nobody_and_writes_no_markup():
    text = (STATIC / "runtime.js").read_text("utf-8")
    for word in ("http://", "https://", "innerHTML", "eval(", "import("):
        assert word not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_runtime_has_no_package_of_others():
    import json

    package = json.loads((JS / "package.json").read_text())
    assert "dependencies" not in package
    assert all(v[0].isdigit() for v in package["devDependencies"].values())
