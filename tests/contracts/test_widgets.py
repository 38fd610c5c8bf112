"""One writer a trait, two outputs a display, one runtime a kernel."""

import json
import threading

import anywidget
import pytest

from tests.golden import examples as ex
from traceprop_nb.errors import OptionError, RowRangeError
from traceprop_nb.widgets import (
    InfluenceWidget,
    LineageWidget,
    RecordWidget,
    UnlearnWidget,
    ValuationWidget,
    use_bundle,
)
from traceprop_nb.widgets.runtime import Runtime, runtime
from traceprop_nb.widgets.widget import VIEW, TracepropWidget

PAYLOADS = {
    InfluenceWidget: ex.influence_example,
    LineageWidget: ex.lineage_example,
    RecordWidget: ex.record_example,
    UnlearnWidget: ex.unlearning_example,
    ValuationWidget: ex.valuation_example,
}
WIDGETS = list(PAYLOADS)


@pytest.fixture(params=WIDGETS, ids=lambda w: w.__name__)
def widget(request):
    return request.param(PAYLOADS[request.param]())


@pytest.fixture
def inline():
    use_bundle("inline")
    yield
    use_bundle("auto")


def own_traits(kind) -> dict:
    inherited = anywidget.AnyWidget.class_traits()
    return {n: t for n, t in kind.class_traits(sync=True).items() if n not in inherited}


def test_every_widget_is_listed_here():
    assert set(TracepropWidget.__subclasses__()) == set(WIDGETS)


@pytest.mark.parametrize("kind", WIDGETS)
def test_every_trait_of_ours_names_its_writer(kind):
    assert {t.metadata["writer"] for t in own_traits(kind).values()} == {"python", "browser"}


def test_the_browser_writes_its_own_traits_only(widget):
    before = {name: widget.trait_values()[name] for name in widget.traits(sync=True)}
    forged = {"payload": {"forged": 1}, "commands": ["x"], "_esm": "", "_kind": "x", "height": 1}
    widget.set_state({**forged, "picked": 3, "expanded": [1, 2]})
    after = {name: widget.trait_values()[name] for name in widget.traits(sync=True)}
    assert after == {**before, "picked": 3, "expanded": [1, 2]}


def test_without_the_filter_the_browser_could_forge():
    shown = RecordWidget(ex.record_example())
    anywidget.AnyWidget.set_state(shown, {"payload": {"forged": True}})
    assert shown.payload == {"forged": True}


def test_the_browser_cannot_change_the_code_of_all_widgets():
    code = str(runtime()._esm)
    runtime().set_state({"_esm": "export default 1"})
    assert str(runtime()._esm) == code


def test_a_display_is_the_static_twin_and_then_the_widget(widget):
    twin, view = widget.outputs()
    assert set(twin) == {"text/html", "text/plain"}
    assert f'data-tp-static="{widget._twin}"' in twin["text/html"]
    assert set(view) == {VIEW}
    assert view[VIEW]["model_id"] == widget.model_id


def test_ipython_gets_both_outputs_in_order(widget):
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    usual, shell.display_pub = shell.display_pub, CapturingDisplayPublisher()
    try:
        widget._ipython_display_()
        shown = [output["data"] for output in shell.display_pub.outputs]
    finally:
        shell.display_pub = usual
        InteractiveShell.clear_instance()
    assert shown == widget.outputs()


@pytest.mark.parametrize("kind", WIDGETS)
def test_the_static_twin_is_the_same_for_the_same_payload_and_names_no_model(kind):
    widget, again = (kind(PAYLOADS[kind]()) for _ in range(2))
    assert again.static_html() == widget.static_html()
    assert widget.model_id not in widget.static_html()
    assert "0x" not in widget.static_html()


def test_different_payloads_have_different_twins():
    a = RecordWidget(ex.record_example())
    b = RecordWidget({**ex.record_example(), "kind": "other"})
    assert a._twin != b._twin


def test_all_widgets_share_one_runtime(widget):
    assert widget._rt is runtime()
    assert isinstance(widget._rt, Runtime)
    assert len(str(widget._esm)) <= 512


def test_a_closed_runtime_is_replaced():
    first = runtime()
    first.close()
    assert runtime() is not first
    assert runtime().comm is not None


def test_an_inline_widget_carries_the_bundle_itself(inline):
    shown = RecordWidget(ex.record_example())
    assert shown._rt is None
    assert str(shown._esm) == str(runtime()._esm)


def test_an_unknown_bundle_is_refused():
    with pytest.raises(OptionError, match="'cdn' is none of auto, shared, inline"):
        use_bundle("cdn")


def ask(widget, question, **arguments):
    return widget.ask({"question": question, "args": arguments}, [])


def test_a_question_is_answered():
    shown = LineageWidget(ex.lineage_example(), locate=lambda source, row: [row, row + 1])
    assert shown.commands == ["export", "locate"]
    assert ask(shown, "locate", source="a", row=3) == ({"ok": [3, 4]}, [])


def test_what_was_not_offered_cannot_be_asked():
    shown = LineageWidget(ex.lineage_example())
    reply, _ = ask(shown, "locate", source="a", row=3)
    assert "no question named 'locate'" in reply["error"]["message"]
    assert "error" in shown.ask("nonsense", [])[0]


@pytest.mark.parametrize("arguments", [{}, {"row": "1"}, {"row": True}, {"row": 1, "x": 2}])
def test_wrong_arguments_are_refused_before_anything_runs(arguments):
    asked = []
    shown = InfluenceWidget(ex.influence_example(), detail=asked.append)
    reply, _ = ask(shown, "detail", **arguments)
    assert "detail" in reply["error"]["message"]
    assert not asked


def test_our_errors_reach_the_browser_as_they_are():
    def locate(source, row):
        raise RowRangeError(f"{source} has 3 rows; there is no row {row}")

    shown = LineageWidget(ex.lineage_example(), locate=locate)
    reply, _ = ask(shown, "locate", source="a.csv", row=7)
    assert reply["error"]["message"] == "a.csv has 3 rows; there is no row 7"


def test_other_errors_are_logged_and_said(caplog):
    shown = LineageWidget(ex.lineage_example(), locate=lambda source, row: 1 // 0)
    reply, _ = ask(shown, "locate", source="a.csv", row=7)
    assert "ZeroDivisionError" in reply["error"]["message"]
    assert "answering 'locate'" in caplog.text


def test_a_file_comes_as_bytes_with_its_name():
    shown = RecordWidget(ex.record_example(), export=lambda f: f"<{f}> ü", formats=("json", "html"))
    assert shown.formats == ["json", "html"]
    reply, buffers = ask(shown, "export", format="html")
    assert reply == {"ok": {"name": "record.html", "mime": "text/html"}}
    assert buffers == ["<html> ü".encode()]
    assert "no format named 'pdf'" in ask(shown, "export", format="pdf")[0]["error"]["message"]


def test_without_an_export_no_download_is_offered():
    shown = InfluenceWidget(ex.influence_example())
    assert shown.formats == shown.commands == []


def test_the_drawing_can_always_be_taken_away_as_svg():
    reply, [svg] = ask(LineageWidget(ex.lineage_example()), "export", format="svg")
    assert reply["ok"]["name"] == "lineage.svg"
    assert svg.startswith(b"<?xml")


def test_a_detail_becomes_text():
    shown = InfluenceWidget(ex.influence_example(), detail=lambda row: {"values": {"age": row}})
    assert ask(shown, "detail", row=4) == ({"ok": {"values": [["age", "4"]]}}, [])


def test_python_can_light_a_row():
    shown = LineageWidget(ex.lineage_example(), locate=lambda source, row: [row])
    shown.probe_row("a.csv", 2)
    assert shown.probe == {"source": "a.csv", "row": 2, "nodes": [2]}
    with pytest.raises(OptionError, match="make it with locate="):
        LineageWidget(ex.lineage_example()).probe_row("a.csv", 2)


def test_one_question_at_a_time_from_many_threads():
    inside, most = [0], [0]

    def detail(row):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        threading.Event().wait(0.002)
        inside[0] -= 1
        return {"text": str(row)}

    shown = InfluenceWidget(ex.influence_example(), detail=detail)
    replies = {}
    threads = [
        threading.Thread(target=lambda k=k: replies.update({k: ask(shown, "detail", row=k)[0]}))
        for k in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert replies == {k: {"ok": {"text": str(k)}} for k in range(8)}


def test_what_is_sent_is_json(widget):
    state = widget.get_state()
    assert json.dumps({k: v for k, v in state.items() if k not in ("layout", "_esm")})


def test_a_plain_terminal_gets_the_text_it_was_given():
    assert repr(RecordWidget(ex.record_example(), text="a table")) == "a table"
    assert "2 sources, 5 cells" in repr(LineageWidget(ex.lineage_example()))
