"""Secrets and addresses in text are found; a number of ordinary lines are left alone."""

from __future__ import annotations

import pytest

from traceprop_nb.session.privacy.scan import looks_like_addresses, scrubbed, spans, suggested

FOUND = {
    "ada@example.org": "<e-mail address>",
    "to: Ada <ada.l+x@mail.example.co.uk>!": "to: Ada <<e-mail address>>!",
    "key = 'AKIAIOSFODNN7EXAMPLE'": "key = '<token>'",
    "t=ghp_0123456789abcdefghijABCDEFGHIJ": "t=<token>",
    "password = 'hunter2!'": "password = <assigned secret>",
    "db_password: hunter2hunter2": "db_password: <assigned secret>",
    "{'api_key': 'abc123'}": "{'api_key': <assigned secret>}",
    "postgresql://ada:geheim@host/db": "postgresql://<password in an address>@host/db",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": "<private key>",
    "-----BEGIN PRIVATE KEY-----\nMIIE": "<private key>",
    "call +49 731 1234567 today": "call <telephone number> today",
    "h = 'Zx81kQ0vP3mTe7LrW9yB2nUd5'": "h = '<random-looking word>'",
}
LEFT = [
    "df = pd.read_csv('hospital_a.csv')",
    "model.fit(X_train, y_train)  # 512 rows",
    "tokens = text.split()",
    "a_very_long_name_of_a_function_that_is_no_secret(x)",
    "x = 3 + 4 - 1_000_000_000",
    "d = '2026-11-26T00:00:00'",
    "sklearn.linear_model.LogisticRegression(C=0.5)",
]


@pytest.mark.parametrize(("text", "shown"), FOUND.items())
def test_what_looks_like_a_secret_is_hidden(text, shown):
    assert scrubbed(text) == shown


@pytest.mark.parametrize("text", LEFT)
def test_ordinary_code_is_left_as_it_is(text):
    assert scrubbed(text) == text


def test_findings_do_not_overlap_and_say_what_they_are():
    found = spans("password='ada@example.org' ada@example.org")
    assert [kind for _, _, kind in found] == ["assigned secret", "e-mail address"]


@pytest.mark.parametrize(
    ("column", "level"),
    [("income", "personal"), ("HomeAddress", "personal"), ("patient_id", "personal"),
     ("diagnosis", "special"), ("religion", "special"), ("beds", ""), ("manage", "")],
)  # fmt: skip
def test_a_level_is_suggested_by_the_name_of_a_column(column, level):
    assert suggested(column) == level


def test_addresses_are_suggested_from_cells():
    assert looks_like_addresses(["a@b.de", None, "c@d.org"])
    assert not looks_like_addresses(["a@b.de", "x", "y"])
    assert not looks_like_addresses([])
