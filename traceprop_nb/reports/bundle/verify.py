"""Check a bundle or a log by itself: Python's standard library, and cryptography for signatures.

    python verify.py [bundle.zip | folder | log.jsonl] [--key ID] [--heads FILE ...]

Exit 0: everything holds and is signed; 1: something is not what it was; 2: not all was checked. It
needs nothing of the package that wrote the bundle. It does not show that the clock was right, that
all was captured, or who holds the key: compare --key, and with --heads heads kept elsewhere.
"""

import argparse
import base64
import hashlib
import html
import json
import pathlib
import re
import sys
import zipfile

OK, WRONG, UNKNOWN = "ok", "WRONG", "unknown"
START, WINDOW = "sha256:" + "0" * 64, 200
CHECKPOINT = "application/vnd.traceprop-nb.checkpoint+json"
ROTATION = "application/vnd.traceprop-nb.rotation+json"
MANIFEST = "application/vnd.traceprop-nb.manifest+json"
SEALED = ("head", "tree", "sessions", "root", "public_key", "key", "signature")


class Refused(Exception):
    """Something that does not hold, in words."""


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a member comes twice")
    return dict(pairs)


def parse(text):
    exact = range(1 - 2**53, 2**53)
    whole = {"parse_int": lambda digits: int(digits) if int(digits) in exact else float(digits)}
    return json.loads(text, object_pairs_hook=once, **whole)


def number(value):
    """As ECMAScript prints it."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("no number of JSON")
    if isinstance(value, int) or value == 0:
        return str(int(value))
    digits, _, exponent = repr(abs(value)).partition("e")
    sign, (whole, _, part) = "-" * (value < 0), digits.partition(".")
    point = len(whole) + int(exponent or 0) - len(whole + part) + len((whole + part).lstrip("0"))
    digits = (whole + part).strip("0")
    if len(digits) <= point <= 21:
        text = digits.ljust(point, "0")
    elif -6 < point <= 21:
        text = f"{digits[: max(point, 0)] or 0}.{'0' * -point}{digits[max(point, 0) :]}"
    else:
        text = ".".join(filter(None, (digits[0], digits[1:]))) + f"e{point - 1:+d}"
    return sign + text


def canonical(value):
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(one) for one in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"


def digest(value):
    data = value if isinstance(value, bytes) else canonical(value).encode("utf-8")
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Tree:
    """A Merkle tree that grows: roots of full subtrees, with how many leaves are under each."""

    def __init__(self, leaves=()):
        self.stack = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf):
        node, size = hashlib.sha256(b"\x00" + leaf).digest(), 1
        while self.stack and self.stack[-1][1] == size:
            node = hashlib.sha256(b"\x01" + self.stack.pop()[0] + node).digest()
            size *= 2
        self.stack.append((node, size))

    def root(self):
        out = None
        for node, _ in reversed(self.stack):
            out = node if out is None else hashlib.sha256(b"\x01" + node + out).digest()
        return (out or hashlib.sha256(b"").digest()).hex()


def key_id(public):
    return "ed25519:" + hashlib.sha256(bytes.fromhex(public)).hexdigest()[:32]


def signed(public, signature, kind, payload):
    """Whether the signature is the key's; None where cryptography is not installed."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None
    message = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def successor(text):
    """Old and new key of a signed rotation; None if it does not hold."""
    try:
        told = json.loads(text) if isinstance(text, str) else text
        payload = base64.b64decode(told["payload"], validate=True)
        keys = json.loads(payload)
        one = told["signatures"][0]["sig"]
        if told["payloadType"] == ROTATION and signed(keys["old"], one, ROTATION, payload):
            return keys["old"], keys["new"]
    except (KeyError, IndexError, TypeError, ValueError):
        pass
    return None


def members(listed, *names):
    """Objects as an event holds them: lists of name and value."""
    found = [{member["name"]: member["value"] for member in one} for one in listed or []]
    return [tuple(one[name] for name in names) for one in found]


class Log:
    """A session's events, read one after the other."""

    def __init__(self, session):
        self.session, self.heads, self.told, self.tree = session, [START], {}, Tree()
        self.claims, self.emptied, self.removed = [], [], []
        self.key, self.followed, self.last = None, {}, {}
        self.sealed = self.signed = self.unsigned = 0

    def add(self, event):
        place = len(self.heads) - 1
        rest = {name: event[name] for name in ("number", "time", "kind", "body", "before")}
        if type(event["number"]) is not int or event["number"] != place:
            raise Refused(f"event {place} is missing")
        if event["before"] != self.heads[-1]:
            raise Refused(f"event {place} does not follow the one before")
        self.emptied += [place] if event["body"] is None else []
        if event["body"] is not None and event["digest"] != digest(rest):
            raise Refused(f"event {place} is not what was appended")
        body = event["body"] if isinstance(event["body"], dict) else {}
        if event["kind"] == "checkpoint":
            self.checkpoint(place, body)
        elif event["kind"] == "opened_store":
            self.claims += members(body.get("named"), "session", "events", "head")
        elif event["kind"] == "removed":
            self.removed += members(body.get("sessions"), "session", "length", "head")
        elif event["kind"] == "key_rotated" and (keys := successor(body.get("statement"))):
            self.followed[keys[0]] = keys[1]
        self.heads.append(event["digest"])
        self.tree.add(event["digest"].encode())

    def checkpoint(self, place, body):
        at = f"the checkpoint in event {place}"
        if body.get("session") != self.session:
            raise Refused(f"{at} is another session's")
        if (body.get("events"), body.get("head")) != (place, self.heads[-1]):
            raise Refused(f"{at} is one of another place")
        if body.get("tree") != self.tree.root():
            raise Refused(f"{at} has another root than the events before it")
        if body.get("public_key") is not None:
            self.signature(at, body)
        try:
            told = {str(name): (int(n), str(head)) for name, n, head in body["told"]}
        except (KeyError, TypeError, ValueError):
            raise Refused(f"{at} tells no heads") from None
        self.told = dict(sorted({**self.told, **told}.items())[-WINDOW:])
        leaves = [{"session": s, "events": n, "head": h} for s, (n, h) in self.told.items()]
        top = Tree(canonical(leaf).encode() for leaf in leaves).root()
        if (body.get("sessions"), body.get("root")) != (len(leaves), top):
            raise Refused(f"{at} has another root than the heads it tells")
        self.claims += [(name, n, head) for name, (n, head) in told.items()]
        self.sealed, self.last = self.sealed + 1, body

    def signature(self, at, body):
        told = {name: body.get(name) for name in ("session", "events", *SEALED[:5])}
        told["schema"] = "urn:traceprop-nb:checkpoint:1"
        public = str(body["public_key"])
        good = signed(public, str(body.get("signature")), CHECKPOINT, canonical(told).encode())
        if good is False:
            raise Refused(f"{at} is not signed by the key that it names")
        if body.get("key") != key_id(public):
            raise Refused(f"{at} names its key wrongly")
        if good and self.key not in (None, public) and self.followed.get(self.key) != public:
            raise Refused(f"{at} is signed by a key that the one before did not name")
        self.key = public
        self.signed, self.unsigned = self.signed + bool(good), self.unsigned + (good is None)


def read_log(data, say):
    """Sessions of a log file; says what is wrong with each, and stops there."""
    logs, broken = {}, set()
    *lines, rest = data.decode("utf-8", "surrogateescape").split("\n")
    if rest:
        say(WRONG, "log", "the last line is cut off")
    for place, line in enumerate(lines):
        session = ""
        try:
            event = parse(line)
            session = event["session"]
            if session in broken:
                continue
            if canonical(event) != line:
                raise Refused(f"line {place + 1} is not written as it was appended")
            logs.setdefault(session, Log(session)).add(event)
        except Refused as error:
            say(WRONG, f"session {session}", str(error))
            broken.add(session)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            say(WRONG, "log", f"line {place + 1} is no event")
            broken.add(session)
    return {name: log for name, log in logs.items() if name not in broken}


def compare(claims, logs, whole, say):
    """What is said of sessions, against what is there."""
    for name, events, head in dict.fromkeys(claims):
        if name not in logs and whole:
            say(WRONG, f"session {name}", "the session is gone")
        elif name not in logs:
            continue
        elif len(logs[name].heads) <= events:
            say(WRONG, f"session {name}", f"{events - len(logs[name].heads) + 1} events are gone")
        elif logs[name].heads[events] != head:
            say(WRONG, f"session {name}", "the head is not the one that was kept")


def check_logs(logs, say):
    told = [one for log in logs.values() for one in log.removed]
    for log in logs.values():
        stated = [n for name, n, h in told if name == log.session and log.heads[n : n + 1] == [h]]
        unsaid = [place for place in log.emptied if place >= max(stated, default=0)]
        held = f"{len(log.heads) - 1} events and {log.sealed} checkpoints hold"
        held += f", {len(log.emptied)} of them emptied by retention" if log.emptied else ""
        held = f"event {unsaid[0]} was emptied, and no statement says why" if unsaid else held
        say(WRONG if unsaid else OK, f"session {log.session}", held)
        why = "cryptography is not installed" if log.unsigned else "no checkpoint is signed"
        good = log.signed and not log.unsigned
        by = f"{log.signed} checkpoints by {key_id(log.key)}; compare this id" if good else why
        say(OK if good else UNKNOWN, "signatures", by)


def check_manifest(files, keys, say):
    try:
        told = parse(files["manifest.json"])
        payload = base64.b64decode(told["payload"], validate=True)
        listed = parse(payload)["files"]
        made = told["signatures"]
    except (KeyError, TypeError, ValueError):
        return say(WRONG, "manifest", "it is missing or cannot be read")
    differ = [name for name in listed if name not in files or digest(files[name]) != listed[name]]
    more = [name for name in files if name not in listed and name != "manifest.json"]
    state = WRONG if differ or more else OK
    say(state, "files", f"{len(listed)} listed; changed or gone: {differ}; not listed: {more}")
    if not made:
        return say(UNKNOWN, "manifest", "it is not signed")
    public = {key_id(key): key for key in keys}.get(made[0].get("keyid"))
    good = public and signed(public, made[0].get("sig"), MANIFEST, payload)
    if good is None and public:
        return say(UNKNOWN, "manifest", "cryptography is not installed")
    good = good and told.get("payloadType") == MANIFEST
    say(OK if good else WRONG, "manifest", "signed" if good else "its signature does not hold")
    return public if good else None


def check_record(files, say):
    """The record by its digests, and the page against the record."""
    text = files.get("record.json", b"").decode("utf-8", "replace")
    try:
        record = parse(text)
        rest = {name: value for name, value in record.items() if name != "digest"}
        facts = all(digest(one["fact"]) == one["digest"] for one in record["evidence"])
        fields = [field["state"] for part in record["sections"] for field in part["fields"]]
        counted = all(fields.count(s) == n for s, n in record["summary"].items())
        same = canonical(record) == text and digest(rest) == record["digest"]
    except (KeyError, TypeError, ValueError, AttributeError):
        say(WRONG, "record", "it is missing or cannot be read")
        return {}
    good = facts and counted and same
    say(OK if good else WRONG, "record", record["digest"] if good else "its digests do not hold")
    if "record.html" in files:
        page = files["record.html"].decode("utf-8", "replace")
        found = re.search(r'<pre id="record-json"[^>]*>(.*?)</pre>', page, re.DOTALL)
        same = found is not None and html.unescape(found[1]) == text
        say(OK if same else WRONG, "page", "the same record" if same else "another record")
    return record


def check_bundle(files, say):
    try:
        told = parse(files["keys.json"])
        keys = list(told["keys"])
        followed = dict(filter(None, map(successor, told["rotations"])))
    except (KeyError, TypeError, ValueError):
        say(WRONG, "keys", "they are missing or cannot be read")
        keys, followed = [], {}
    public = check_manifest(files, keys, say)
    told = check_record(files, say).get("integrity", {}).get("log")
    if "log.jsonl" not in files:
        say(UNKNOWN, "log", "the record has one, and it is not here" if told else "there is none")
        return {}, followed
    logs = read_log(files["log.jsonl"], say)
    found = logs.get(told["session"]) if told else None
    if logs or told:
        now = (found.session, len(found.heads) - 1, found.heads[-1]) if found else None
        same = now and now == tuple(told[name] for name in ("session", "events", "head"))
        last, mine = (told["checkpoint"] or {} if same else {}), (found.last if found else {})
        same = same and all(last.get(name) == mine.get(name) for name in SEALED)
        say(OK if same else WRONG, "record and log", "the same" if same else "another log")
    known = {**followed, **(found.followed if found else {})}
    if found and public and found.key and public not in [found.key, *chain(known, found.key)]:
        say(WRONG, "manifest", "signed by a key that the log's did not name")
    return logs, followed


def chain(followed, key):
    """The keys that follow a key."""
    out = []
    while (key := followed.get(key)) and key not in out:
        out.append(key)
    return out


def gather(path):
    """Files of a bundle by name; None for a log."""
    if path.is_dir():
        own = [p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(own)}
    if zipfile.is_zipfile(path) or path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            if len(packed.namelist()) != len(set(packed.namelist())):
                raise ValueError("a name comes twice")
            return {name: packed.read(name) for name in packed.namelist()}
    return None


def expected(key, logs, followed, say):
    """Whether the key that somebody was told of, or one that it named, signed every log."""
    for log in logs.values():
        known = {**followed, **log.followed}
        old = next((public for public in [*known, log.key] if public and key_id(public) == key), 0)
        good = log.key and (key_id(log.key) == key or log.key in chain(known, old))
        say(OK if good else WRONG, "key", "the expected one" if good else f"not {key}")


def check(options, say):
    """Everything there is to check, each with its outcome."""
    lines = [line for path in options.heads for line in path.read_text("utf-8").splitlines()]
    kept = [tuple(one) for line in lines for one in parse(line)["heads"]]
    files = gather(options.path)
    alone = read_log(options.path.read_bytes(), say) if files is None else {}
    logs, followed = (alone, {}) if files is None else check_bundle(files, say)
    compare([c for log in logs.values() for c in log.claims] + kept, logs, files is None, say)
    check_logs(logs, say)
    if options.key:
        expected(options.key, logs, followed, say)


def main(arguments=None):
    parser, here = argparse.ArgumentParser(description=__doc__), pathlib.Path(__file__).parent
    parser.add_argument("path", nargs="?", type=pathlib.Path, default=here)
    parser.add_argument("--key")
    parser.add_argument("--heads", action="append", default=[], type=pathlib.Path)
    found = []

    def say(state, name, detail):
        found.append(state)
        sys.stdout.write(f"{state:<8} {name}: {detail}\n")

    try:
        check(parser.parse_args(arguments), say)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        say(UNKNOWN, "file", f"it cannot be read: {error}")
    code = 1 if WRONG in found else 0 if found and UNKNOWN not in found else 2
    sys.stdout.write(("ok", "TAMPERED", "cannot tell")[code] + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
