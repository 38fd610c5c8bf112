import assert from "node:assert/strict";
import { test } from "node:test";

import { clipped, counted, seconds, short, signed, whole } from "../src/kit/format.ts";
import type { Series } from "../src/payloads/unlearning.ts";
import { gapClosed } from "../src/widgets/unlearning.ts";

test("counts have separators and the right noun", () => {
  assert.deepEqual([whole(1234567), counted(1, "row"), counted(6000, "row")], ["1,234,567", "1 row", "6,000 rows"]);
});

test("scores keep four digits and show their sign", () => {
  assert.deepEqual([short(0.123456), short(0), short(1.5e-7), short(123456.7)], ["0.1235", "0", "1.50e-7", "123500"]);
  assert.deepEqual([signed(0.31), signed(-0.24), signed(0), signed(-1e-8)], ["+0.31", "−0.24", "0", "−1.00e−8"]);
});

test("times are in the unit that reads best", () => {
  assert.deepEqual([seconds(0.041), seconds(0.92), seconds(12.3)], ["41 ms", "0.92 s", "12 s"]);
});

test("a long text is cut between letters, not inside one", () => {
  assert.equal(clipped("🏥🏥🏥🏥", 3), "🏥🏥…");
  assert.equal(clipped("abc", 3), "abc");
});

const series = (values: (number | null)[], gold: number | null): Series => ({
  name: "forget_loss", label: "", group: "", values, gold, band: null, baselines: [],
});

test("the gap is measured from the trained to the retrained model, and may pass it", () => {
  const s = series([1, 2, 3.5], 3);
  assert.deepEqual([gapClosed(s, 0), gapClosed(s, 1), gapClosed(s, 2)], [0, 50, 125]);
});

test("inside the spread of retrained models there is no gap to close", () => {
  const s = series([1, 2, 3.5], 3);
  assert.equal(gapClosed({ ...s, band: [0.9, 4] }, 1), null);
  assert.equal(gapClosed({ ...s, band: [1.1, 4] }, 1), 50);
});

test("without a retrained model there is no gap to speak of", () => {
  assert.equal(gapClosed(series([1, 2], null), 1), null);
  assert.equal(gapClosed(series([null, 2], 3), 1), null);
  assert.equal(gapClosed(undefined, 0), null);
});
