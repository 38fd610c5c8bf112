/**
 * Layered drawing of a directed acyclic graph, left to right.
 *
 * The twin of traceprop_nb/payloads/layout/layered.py, step by step and in the same order of
 * arithmetic: both give the same coordinates to the last bit, and a test holds them to it.
 * Sugiyama, Tagawa, Toda 1981; medians after Gansner, Koutsofios, North, Vo 1993.
 */

const ORDER_SWEEPS = 6;
const PLACE_SWEEPS = 8;
const LONGEST_CHAIN = 12;

export type Size = readonly [width: number, height: number];
export type Edge = readonly [from: number, to: number];
export type Point = readonly [x: number, y: number];
type Adjacency = number[][];

export interface Layout {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly bends: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

interface Levels {
  readonly level: number[];
  readonly down: Adjacency;
  readonly up: Adjacency;
  readonly chains: number[][];
}

export interface Gaps {
  readonly gapX?: number;
  readonly gapY?: number;
}

export function layered(sizes: readonly Size[], edges: readonly Edge[], gaps: Gaps = {}): Layout {
  const n = sizes.length;
  const rank = ranks(n, edges);
  const levels = cut(rank, edges);
  const rows = order(n, levels);
  const heights = levels.level.map((_, u) => (u < n ? at(sizes, u)[1] : 2));
  const y = place(n, rows, levels, heights, gaps.gapY ?? 12);
  const [columns, half, width] = columnsOf(rank, sizes, gaps.gapX ?? 56);
  let top = n ? Infinity : 0;
  let bottom = n ? -Infinity : 0;
  sizes.forEach(([, h], i) => {
    top = Math.min(top, at(y, i) - h / 2);
    bottom = Math.max(bottom, at(y, i) + h / 2);
  });
  return {
    x: rank.map((r) => at(columns, r)),
    y: sizes.map((_, i) => at(y, i) - top),
    bends: levels.chains.map((chain) =>
      chain.flatMap((d): Point[] => {
        const column = at(levels.level, d);
        return [
          [at(columns, column) - at(half, column), at(y, d) - top],
          [at(columns, column) + at(half, column), at(y, d) - top],
        ];
      }),
    ),
    width,
    height: bottom - top,
  };
}

/** An element that is known to be there. */
export function at<T>(list: readonly T[], i: number): T {
  return list[i] as T;
}

function adjacency(n: number, edges: readonly Edge[]): [Adjacency, Adjacency] {
  const down: Adjacency = Array.from({ length: n }, () => []);
  const up: Adjacency = Array.from({ length: n }, () => []);
  for (const [a, b] of edges) {
    at(down, a).push(b);
    at(up, b).push(a);
  }
  return [down, up];
}

function ranks(n: number, edges: readonly Edge[]): number[] {
  const [down, up] = adjacency(n, edges);
  const waiting = up.map((u) => u.length);
  const rank = new Array<number>(n).fill(0);
  const ready = rank.map((_, i) => i).filter((i) => !waiting[i]);
  for (const a of ready) {
    for (const b of at(down, a)) {
      rank[b] = Math.max(at(rank, b), at(rank, a) + 1);
      waiting[b] = at(waiting, b) - 1;
      if (!waiting[b]) ready.push(b);
    }
  }
  for (const a of ready.reverse()) {
    const users = at(down, a);
    if (users.length && at(up, a).length <= users.length) {
      rank[a] = Math.max(at(rank, a), Math.min(...users.map((b) => at(rank, b))) - 1);
    }
  }
  return rank;
}

function cut(rank: readonly number[], edges: readonly Edge[]): Levels {
  const level = [...rank];
  const links: Edge[] = [];
  const chains = edges.map(([a, b]) => {
    const chain: number[] = [];
    const span = at(rank, b) - at(rank, a);
    if (span < 1 || span > LONGEST_CHAIN) return chain;
    let last = a;
    for (let between = at(rank, a) + 1; between < at(rank, b); between++) {
      chain.push(level.length);
      links.push([last, level.length]);
      last = level.length;
      level.push(between);
    }
    links.push([last, b]);
    return chain;
  });
  const [down, up] = adjacency(level.length, links);
  return { level, down, up, chains };
}

function order(n: number, g: Levels): number[][] {
  const rows = firstOrder(n, g);
  const position = new Array<number>(g.level.length).fill(0);
  for (const row of rows) number(row, position);
  let best = rows.map((r) => [...r]);
  let fewest = crossings(rows, g.down, position);
  for (let sweep = 0; sweep < ORDER_SWEEPS && fewest > 0; sweep++) {
    const rightwards = sweep % 2 === 0;
    const beside = rightwards ? g.up : g.down;
    for (const row of rightwards ? rows.slice(1) : rows.slice(0, -1).reverse()) {
      const key = new Map(row.map((u) => [u, median(u, at(beside, u), position)]));
      row.sort((a, b) => key.get(a)! - key.get(b)! || at(position, a) - at(position, b));
      number(row, position);
    }
    const now = crossings(rows, g.down, position);
    if (now < fewest) {
      best = rows.map((r) => [...r]);
      fewest = now;
    }
  }
  return best;
}

function firstOrder(n: number, g: Levels): number[][] {
  const rows: number[][] = Array.from({ length: 1 + g.level.reduce((m, l) => Math.max(m, l), -1) }, () => []);
  const seen = new Uint8Array(g.level.length);
  for (let root = 0; root < n; root++) {
    const stack = at(g.up, root).length ? [] : [root];
    for (let u = stack.pop(); u !== undefined; u = stack.pop()) {
      if (seen[u]) continue;
      seen[u] = 1;
      at(rows, at(g.level, u)).push(u);
      stack.push(...[...at(g.down, u)].reverse());
    }
  }
  return rows;
}

function number(row: readonly number[], position: number[]): void {
  row.forEach((u, k) => (position[u] = k));
}

function median(u: number, beside: readonly number[], position: readonly number[]): number {
  if (!beside.length) return at(position, u);
  const p = beside.map((v) => at(position, v)).sort((a, b) => a - b);
  const middle = p.length >> 1;
  return p.length % 2 ? at(p, middle) : (at(p, middle - 1) + at(p, middle)) / 2;
}

function crossings(rows: readonly number[][], down: Adjacency, position: readonly number[]): number {
  let total = 0;
  for (let r = 0; r + 1 < rows.length; r++) {
    const tree = new Int32Array(at(rows, r + 1).length + 2);
    const ends = at(rows, r).flatMap((u) => at(down, u).map((v) => at(position, v)).sort((a, b) => a - b));
    for (const end of ends.reverse()) {
      for (let k = end; k > 0; k -= k & -k) total += tree[k]!;
      for (let k = end + 1; k < tree.length; k += k & -k) tree[k]! += 1;
    }
  }
  return total;
}

function place(n: number, rows: readonly number[][], g: Levels, heights: readonly number[], gap: number): number[] {
  const y = new Array<number>(g.level.length).fill(0);
  const offsets = rows.map((row) => stacked(row, heights, gap));
  rows.forEach((row, r) => {
    const offset = at(offsets, r);
    row.forEach((u, k) => (y[u] = at(offset, k) - at(offset, offset.length - 1) / 2));
  });
  for (let sweep = 0; sweep < PLACE_SWEEPS; sweep++) {
    const forth = sweep % 2 === 0;
    const sides = sweep >= PLACE_SWEEPS - 2 ? [g.up, g.down] : [forth ? g.up : g.down];
    for (let i = 0; i < rows.length; i++) {
      const r = forth ? i : rows.length - 1 - i;
      const row = at(rows, r);
      const settled = settle(row.map((u) => wish(n, u, sides, y)), at(offsets, r));
      row.forEach((u, k) => (y[u] = at(settled, k)));
    }
  }
  return y;
}

function stacked(row: readonly number[], heights: readonly number[], gap: number): number[] {
  let sum = 0;
  return row.map((u, k) => {
    if (k) sum += at(heights, at(row, k - 1)) / 2 + at(heights, u) / 2 + gap;
    return sum;
  });
}

function wish(n: number, u: number, sides: readonly Adjacency[], y: readonly number[]): Point {
  let pull = 0;
  let weight = 0;
  for (const side of sides) {
    for (const v of at(side, u)) {
      const z = u >= n || v >= n ? 4 : 1;
      pull += z * at(y, v);
      weight += z;
    }
  }
  return weight ? [pull / weight, weight] : [at(y, u), 0.01];
}

function settle(wishes: readonly Point[], offset: readonly number[]): number[] {
  const blocks: [value: number, weight: number, end: number][] = [];
  wishes.forEach(([wanted, weight], k) => {
    let block: [number, number, number] = [wanted - at(offset, k), weight, k];
    for (let p = blocks.at(-1); p && p[0] > block[0]; p = blocks.at(-1)) {
      blocks.pop();
      block = [(p[0] * p[1] + block[0] * block[1]) / (p[1] + block[1]), p[1] + block[1], k];
    }
    blocks.push(block);
  });
  const settled: number[] = [];
  for (const [value, , end] of blocks) {
    while (settled.length <= end) settled.push(value + at(offset, settled.length));
  }
  return settled;
}

function columnsOf(rank: readonly number[], sizes: readonly Size[], gap: number): [number[], number[], number] {
  const widest = new Array<number>(1 + rank.reduce((m, r) => Math.max(m, r), -1)).fill(0);
  rank.forEach((r, i) => (widest[r] = Math.max(at(widest, r), at(sizes, i)[0])));
  let sum = 0;
  const centres = widest.map((w) => {
    const centre = sum + w / 2;
    sum += w + gap;
    return centre;
  });
  return [centres, widest.map((w) => w / 2), Math.max(0, sum - gap)];
}
