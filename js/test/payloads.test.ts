import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeDetail, decodeInfluence } from "../src/payloads/influence.ts";
import { decodeLineage } from "../src/payloads/lineage.ts";
import { decodeRecord } from "../src/payloads/record.ts";
import { decodeUnlearning } from "../src/payloads/unlearning.ts";
import { decodeValuation } from "../src/payloads/valuation.ts";
import { golden } from "./golden.ts";

const DECODERS = {
  influence: decodeInfluence,
  lineage: decodeLineage,
  record: decodeRecord,
  unlearning: decodeUnlearning,
  valuation: decodeValuation,
};

type Json = Record<string, unknown>;

for (const [name, decode] of Object.entries(DECODERS)) {
  test(`${name}: reads all that Python writes`, () => {
    assert.deepEqual(decode(golden(name)), golden(name));
  });

  test(`${name}: a missing field is named by its place`, () => {
    for (const field of Object.keys(golden(name) as Json)) {
      const broken = { ...(golden(name) as Json), [field]: undefined };
      assert.throws(() => decode(broken), new RegExp(`payload\\.${field}: expected .*, got undefined`));
    }
  });

  test(`${name}: what is no object is refused`, () => {
    for (const wrong of [null, 3, "x", []]) assert.throws(() => decode(wrong), /payload: expected an object/);
  });
}

const influence = () => golden("influence") as Json & { rows: Json[] };

test("a wrong type deep inside is named by its place", () => {
  const broken = { ...influence(), rows: [{ ...influence().rows[0], influence: null }] };
  assert.throws(() => decodeInfluence(broken), /payload\.rows\[0\]\.influence: expected a number, got null/);
});

test("a value without a name is refused", () => {
  const broken = { ...influence(), rows: [{ ...influence().rows[0], values: [["age"]] }] };
  assert.throws(() => decodeInfluence(broken), /values\[0\]: expected a name and a value/);
});

test("a detail keeps what it does not tell anew", () => {
  const known = { text: "a,b", path: "read -> fit", values: [["age", "3"]] as const };
  assert.deepEqual(decodeDetail({ values: [["age", "4"]] }, known), { ...known, values: [["age", "4"]] });
});

const lineage = () => golden("lineage") as Json & { nodes: Json; edges: Json };

test("lineage columns of different lengths are refused", () => {
  const broken = { ...lineage(), nodes: { ...lineage().nodes, rows: [1] } };
  assert.throws(() => decodeLineage(broken), /payload\.nodes\.rows\.length: expected \d+, got 1/);
});

test("an edge to a node that is not there is refused", () => {
  const { edges } = lineage();
  const broken = { ...lineage(), edges: { ...edges, end: (edges["end"] as number[]).map(() => 10 ** 6) } };
  assert.throws(() => decodeLineage(broken), /payload\.edges\.end\[0\]: expected a number from 0/);
});

test("a state that is none of the six is refused", () => {
  const record = golden("record") as { sections: { fields: Json[] }[] };
  record.sections[0]!.fields[0]!["state"] = "proven";
  assert.throws(() => decodeRecord(record), /fields\[0\]\.state: expected one of established, .*, got "proven"/);
});

test("a measurement that misses a point is refused", () => {
  const done = golden("unlearning") as { series: { values: number[] }[] };
  done.series[0]!.values.pop();
  assert.throws(() => decodeUnlearning(done), /payload\.series\[0\]\.values\.length: expected 33, got 32/);
});
