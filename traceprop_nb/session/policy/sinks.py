"""Where values go: kinds of places, and the names of the calls that lead there.

By name, since a name is all that can be known before a cell runs; ``fit`` of an object that is no
model is left alone where the object or its class is there to be looked at.
"""

from __future__ import annotations

from traceprop_nb.session.subject import WRITERS

SINKS = ("model", "write", "save_model", "show", "report", "export", "upload", "load")
"""Kinds of places that a rule can be about."""

_CALLS: dict[str, str] = {
    "model": "fit partial_fit fit_predict train_on_batch",
    "write": " ".join(WRITERS) + " to_feather to_hdf to_stata to_orc to_xml to_clipboard to_gbq "
    "execute executemany write_parquet write_csv",
    "save_model": "dump dumps save save_model save_pretrained save_weights export_model",
    "show": "print display plot hist scatter bar barh boxplot pie show head tail sample "
    "to_string to_html to_markdown",
    "report": "report compliance_report",
    "export": "export bundle",
    "upload": "post put upload upload_file upload_fileobj push_to_hub put_object",
    "load": "from_pretrained load_dataset hf_hub_download snapshot_download",
}

PINNED = ("revision", "commit", "version", "sha")
"""Arguments of a call that loads which say which version."""


def sinks_of(call: str) -> tuple[str, ...]:
    """The kinds of places that a call of that name leads to."""
    return _BY_CALL.get(call, ())


_BY_CALL: dict[str, tuple[str, ...]] = {}
for _sink, _names in _CALLS.items():
    for _name in _names.split():
        _BY_CALL[_name] = (*_BY_CALL.get(_name, ()), _sink)
