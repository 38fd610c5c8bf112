"""The signed in-toto statement: securesystemslib verifies its envelope, and what is in it is
the statement that the official package validates."""

import json
import os

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from tests.exports.pictures import hospital
from tests.exports.test_in_toto import checked
from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.errors import OptionError, TrustError
from traceprop_nb.exports import in_toto
from traceprop_nb.reports.trust import keys
from traceprop_nb.session import exporting
from traceprop_nb.session.exporting import _signed

KIND = "application/vnd.in-toto+json"


def key_of(public: bytes, key_id: str) -> SSlibKey:
    return SSlibKey(key_id, "ed25519", "ed25519", {"public": public.hex()})


def verified(line: bytes, key: SSlibKey) -> Envelope:
    """The envelope, opened by another implementation."""
    found = Envelope.from_dict(json.loads(line))
    assert list(found.verify([key], 1)) == [key.keyid]
    return found


@pytest.fixture
def trained(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(table(1, N_A))
    (tmp_path / "b.csv").write_text(table(2, N_B))
    train(notebook, FIT, "clf")
    return notebook


def test_another_implementation_verifies_what_a_session_signed(trained):
    path = exporting.export(trained.session, "model.intoto.jsonl", format=None)
    [line] = path.read_bytes().splitlines()
    key = keys.own_key()
    found = verified(line, key_of(key.public, key.id))
    assert found.payload_type == in_toto.PAYLOAD_TYPE == KIND
    assert [one.name for one in checked(found.payload).subject] == ["clf"]
    exporting.export(trained.session, "model.intoto.json", format=None)
    with open("model.intoto.json", "rb") as file:
        assert json.loads(found.payload) == json.load(file)
    assert trained.session.events[-2].body["format"] == "in-toto-signed"


def test_a_signature_does_not_hold_for_another_payload_type_or_key():
    line = _signed(KIND, in_toto.write(hospital()))
    key = keys.own_key()
    mine = key_of(key.public, key.id)
    verified(line, mine)
    told = json.loads(line)
    other = json.loads(_signed(KIND, b'{"_type":"other"}'))
    strange = key_of(bytes(31) + b"\1", key.id)
    for changed, by in (
        ({**told, "payload": other["payload"]}, mine),
        ({**told, "payloadType": "application/json"}, mine),
        ({**told, "signatures": other["signatures"]}, mine),
        (told, strange),
    ):
        with pytest.raises(VerificationError, match="Accepted signatures do not match threshold"):
            Envelope.from_dict(json.loads(json.dumps(changed))).verify([by], 1)


def test_no_level_above_zero_is_claimed_with_a_signature_either():
    envelope = Envelope.from_dict(json.loads(_signed(KIND, in_toto.write(hospital()))))
    definition = json.loads(envelope.payload)["predicate"]["buildDefinition"]
    assert definition["internalParameters"]["slsaBuildLevel"].startswith("L0")


def test_without_a_key_nothing_is_written_and_the_way_out_is_said(trained, monkeypatch):
    monkeypatch.setenv("TRACEPROP_NB_KEYS", "off")
    with pytest.raises(TrustError, match=r"switched off.*; export 'in-toto' for"):
        exporting.export(trained.session, "model.intoto.jsonl", format=None)
    assert not os.path.exists("model.intoto.jsonl")


def test_a_session_without_a_model_has_nothing_to_sign(cells):
    with pytest.raises(OptionError, match="about a model, and none was recorded"):
        exporting.export(cells.session, "model.intoto.jsonl", format=None)
