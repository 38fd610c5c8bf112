import assert from "node:assert/strict";
import { test } from "node:test";

import { scene } from "../src/layout/cards.ts";
import { graphOf, reached, visible } from "../src/layout/graph.ts";
import { layered, type Edge, type Layout, type Size } from "../src/layout/layered.ts";
import { decodeLineage } from "../src/payloads/lineage.ts";
import { golden } from "./golden.ts";

interface Golden {
  readonly graphs: readonly { readonly sizes: Size[]; readonly edges: Edge[]; readonly layout: Layout }[];
  readonly drawing: {
    readonly cards: readonly { title: string; detail: string; status: number; x: number; y: number; w: number; h: number }[];
    readonly wires: readonly unknown[];
    readonly width: number;
    readonly height: number;
  };
}

const { graphs, drawing } = golden("layout") as Golden;
const g = graphOf(decodeLineage(golden("lineage")));
const all = visible(g, null, "both");

for (const { sizes, edges, layout } of graphs) {
  test(`${sizes.length} nodes stand where Python puts them, to the last bit`, () => {
    assert.deepEqual(layered(sizes, edges), layout);
  });
}

test("closed cells and sources stand where the static picture has them", () => {
  const { boxes, wires, width, height } = scene(g, all, new Set());
  const cards = boxes.map(({ title, detail, status, x, y, w, h }) => ({ title, detail, status, x, y, w, h }));
  const wanted = drawing.cards.map(({ title, detail, status, x, y, w, h }) => ({ title, detail, status, x, y, w, h }));
  assert.deepEqual(cards, wanted);
  assert.deepEqual(wires, drawing.wires);
  assert.deepEqual([width, height], [drawing.width, drawing.height]);
});

test("an open cell shows each of its operations inside its frame", () => {
  const { boxes, frames } = scene(g, all, new Set([1]));
  const [frame] = frames;
  const inside = boxes.filter((b) => b.kind === "operation");
  assert.deepEqual(inside.map((b) => b.title), ["concat → df", "to_numpy → X"]);
  for (const b of inside) {
    assert.ok(frame && b.x - b.w / 2 > frame.x - frame.w / 2 && b.x + b.w / 2 < frame.x + frame.w / 2);
    assert.ok(frame && b.y - b.h / 2 > frame.y - frame.h / 2 && b.y + b.h / 2 < frame.y + frame.h / 2);
  }
});

test("opening a cell loses no wire between what stays visible", () => {
  const open = scene(g, all, new Set([0, 1, 2, 3, 4]));
  const drawn = open.wires.map((w) => [open.boxes[w.start]!.members[0], open.boxes[w.end]!.members[0]]);
  const { start, end } = g.payload.edges;
  assert.deepEqual(drawn, start.map((a, i) => [a, end[i]]));
});

test("no two boxes overlap, whatever is open", () => {
  for (const open of [[], [1], [0, 2], [0, 1, 2, 3, 4]]) {
    const { boxes } = scene(g, all, new Set(open));
    boxes.forEach((a, i) =>
      boxes.slice(i + 1).forEach((b) => {
        const apart = Math.abs(a.x - b.x) >= (a.w + b.w) / 2 || Math.abs(a.y - b.y) >= (a.h + b.h) / 2;
        assert.ok(apart, `${a.title} and ${b.title}`);
      }),
    );
  }
});

test("a focus keeps what led to it, what came of it, or both", () => {
  const both = visible(g, [4], "both");
  const up = visible(g, [4], "up");
  const down = visible(g, [4], "down");
  assert.deepEqual([...up].sort(), [0, 1, 2, 3, 4]);
  assert.deepEqual([...down].sort(), [4, 5, 6, 7, 8, 9]);
  assert.deepEqual(new Set([...up, ...down]), both);
});

test("what is reached includes the start", () => {
  assert.deepEqual(reached([9], g.children), new Set([9]));
});

test("five thousand operations are laid out within two seconds", () => {
  const sizes: Size[] = Array.from({ length: 5000 }, () => [90, 26]);
  const edges: Edge[] = sizes.slice(1).flatMap((_, i): Edge[] => [[Math.max(0, i - ((i * 7919) % 40)), i + 1]]);
  const began = performance.now();
  layered(sizes, edges);
  assert.ok(performance.now() - began < 2000);
});
