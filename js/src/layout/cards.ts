/**
 * The lineage as cards: one a source, one a run of a notebook cell, and wires between. An open
 * cell becomes a frame with its operations inside. With every cell closed the coordinates are
 * those of traceprop_nb/payloads/layout/cards.py, to the last bit.
 */
import { clipped, counted } from "../kit/format.ts";
import type { Graph } from "./graph.ts";
import { at, layered, type Edge, type Layout, type Point, type Size } from "./layered.ts";

const TITLE_WIDTH = 7.2;
const DETAIL_WIDTH = 6.3;
const MARGIN = 28;
const HEIGHT = 44;
const NARROWEST = 96;
const LONGEST_TITLE = 34;
const STEP_HEIGHT = 26;
const FRAME = { left: 12, top: 32, bottom: 12 };

export interface Box {
  readonly key: string;
  readonly kind: "source" | "cell" | "operation";
  readonly title: string;
  readonly detail: string;
  readonly cell: number;
  readonly status: number;
  readonly members: readonly number[];
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Wire {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly context: boolean;
  readonly bends: readonly Point[];
}

export interface Scene {
  readonly boxes: readonly Box[];
  readonly frames: readonly Box[];
  readonly wires: readonly Wire[];
  readonly width: number;
  readonly height: number;
}

interface Group {
  readonly key: string;
  readonly cell: number;
  readonly members: number[];
}

interface Joined {
  /** Place in `ends` of "from>to". */
  readonly place: ReadonlyMap<string, number>;
  readonly ends: readonly Edge[];
  readonly count: readonly number[];
  readonly context: readonly boolean[];
}

/** Layouts of open cells, kept between scenes of the same focus: opening one leaves the others. */
export type Insides = Map<string, Inside>;

export function scene(g: Graph, shown: ReadonlySet<number>, open: ReadonlySet<number>, kept: Insides = new Map()): Scene {
  const groups = groupsOf(g, shown);
  const groupOf = new Map(groups.flatMap((group, k) => group.members.map((m) => [m, k] as const)));
  const outer = joinedBy(g, (node) => groupOf.get(node));
  const inside = groups.map((group) => (open.has(group.cell) ? insideOf(g, group, kept) : null));
  const texts = groups.map((group) => textOf(g, group));
  const sizes = groups.map((_, k): Size => inside[k]?.size ?? [widthOf(at(texts, k)), HEIGHT]);
  const laid = layered(sizes, outer.ends);
  const boxes: Box[] = [];
  const frames: Box[] = [];
  const boxOf = new Map<number, number>();
  groups.forEach((group, k) => {
    const [w, h] = at(sizes, k);
    const [title, detail] = at(texts, k);
    const place = { x: at(laid.x, k), y: at(laid.y, k), w, h };
    const kind = group.cell < 0 ? "source" : "cell";
    const box: Box = { ...group, kind, title, detail, status: worst(g, group.members), ...place };
    const inner = inside[k];
    group.members.forEach((m, i) => boxOf.set(m, boxes.length + (inner ? i : 0)));
    if (inner) {
      frames.push(box);
      boxes.push(...group.members.map((m, i) => stepBox(g, box, m, inner, i)));
    } else boxes.push(box);
  });
  const frameOf = new Map(frames.map((f) => [f.key, f]));
  const route = (a: number, b: number): readonly Point[] => {
    const from = groupOf.get(a)!;
    const to = groupOf.get(b)!;
    if (from !== to) return laid.bends[outer.place.get(`${from}>${to}`) ?? -1] ?? [];
    const inner = inside[from];
    const frame = frameOf.get(at(groups, from).key);
    return inner && frame ? bendsInside(inner, frame, a, b) : [];
  };
  return { boxes, frames, wires: wiresOf(g, boxOf, route), width: laid.width, height: laid.height };
}

interface Inside {
  readonly laid: Layout;
  readonly joined: Joined;
  readonly placeOf: ReadonlyMap<number, number>;
  readonly size: Size;
  readonly sizes: readonly Size[];
}

function groupsOf(g: Graph, shown: ReadonlySet<number>): Group[] {
  const groups = new Map<string, Group>();
  g.payload.nodes.cell.forEach((cell, node) => {
    if (!shown.has(node)) return;
    const key = cell < 0 ? `n${node}` : `c${cell}`;
    const group = groups.get(key) ?? { key, cell, members: [] };
    groups.set(key, group);
    group.members.push(node);
  });
  return [...groups.values()];
}

/** The payload's edges between groups, each pair once, in the order of their first edge. */
function joinedBy(g: Graph, groupOf: (node: number) => number | undefined): Joined {
  const place = new Map<string, number>();
  const ends: Edge[] = [];
  const count: number[] = [];
  const context: boolean[] = [];
  const { start, end, context: weak } = g.payload.edges;
  start.forEach((a, i) => {
    const from = groupOf(a);
    const to = groupOf(at(end, i));
    if (from === undefined || to === undefined || from === to) return;
    const key = `${from}>${to}`;
    const k = place.get(key) ?? ends.length;
    if (k === ends.length) {
      place.set(key, k);
      ends.push([from, to]);
      count.push(0);
      context.push(true);
    }
    count[k] = at(count, k) + 1;
    context[k] = at(context, k) && at(weak, i) === 1;
  });
  return { place, ends, count, context };
}

function insideOf(g: Graph, group: Group, kept: Insides): Inside {
  const known = kept.get(group.key);
  if (known) return known;
  const placeOf = new Map(group.members.map((m, i) => [m, i]));
  const joined = joinedBy(g, (node) => placeOf.get(node));
  const sizes = group.members.map((m): Size => [stepWidth(g, m), STEP_HEIGHT]);
  const laid = layered(sizes, joined.ends, { gapX: 32, gapY: 8 });
  const size: Size = [
    Math.max(widthOf(textOf(g, group)), laid.width + 2 * FRAME.left),
    laid.height + FRAME.top + FRAME.bottom,
  ];
  const inside = { laid, joined, placeOf, sizes, size };
  kept.set(group.key, inside);
  return inside;
}

function stepBox(g: Graph, frame: Box, node: number, inner: Inside, i: number): Box {
  const [w, h] = at(inner.sizes, i);
  return {
    key: `n${node}`,
    kind: "operation",
    title: stepText(g, node),
    detail: "",
    cell: frame.cell,
    status: at(g.payload.nodes.status, node),
    members: [node],
    x: frame.x - frame.w / 2 + FRAME.left + at(inner.laid.x, i),
    y: frame.y - frame.h / 2 + FRAME.top + at(inner.laid.y, i),
    w,
    h,
  };
}

function wiresOf(g: Graph, boxOf: ReadonlyMap<number, number>, route: (a: number, b: number) => readonly Point[]): Wire[] {
  const { ends, count, context } = joinedBy(g, (node) => boxOf.get(node));
  const first = new Map<string, readonly Point[]>();
  g.payload.edges.start.forEach((a, i) => {
    const b = at(g.payload.edges.end, i);
    const key = `${boxOf.get(a)}>${boxOf.get(b)}`;
    if (boxOf.has(a) && boxOf.has(b) && !first.has(key)) first.set(key, route(a, b));
  });
  return ends.map(([start, end], k) => ({
    start,
    end,
    count: at(count, k),
    context: at(context, k),
    bends: first.get(`${start}>${end}`) ?? [],
  }));
}

function bendsInside(inner: Inside, frame: Box, a: number, b: number): readonly Point[] {
  const k = inner.joined.place.get(`${inner.placeOf.get(a)}>${inner.placeOf.get(b)}`) ?? -1;
  const [left, top] = [frame.x - frame.w / 2 + FRAME.left, frame.y - frame.h / 2 + FRAME.top];
  return (inner.laid.bends[k] ?? []).map(([x, y]): Point => [x + left, y + top]);
}

function worst(g: Graph, members: readonly number[]): number {
  return members.reduce((w, m) => Math.max(w, at(g.payload.nodes.status, m)), 0);
}

function stepWidth(g: Graph, node: number): number {
  const mark = at(g.payload.nodes.status, node) ? 18 : 0;
  return Math.ceil(6.9 * [...stepText(g, node)].length) + 30 + mark;
}

/** A step's label, with the variable that holds its value. */
export function stepText(g: Graph, node: number): string {
  const label = at(g.payload.labels, at(g.payload.nodes.label, node));
  const name = g.names.get(node);
  return clipped(name ? `${label} → ${name}` : label, LONGEST_TITLE);
}

/** A cell's number and the variables it left; its last operation where it left none. */
export function cellTitle(g: Graph, cell: number, last: number): string {
  const { number, names } = at(g.payload.cells, cell);
  const title = number ? `In [${number}]` : "outside a cell";
  return `${title} · ${names || at(g.payload.labels, at(g.payload.nodes.label, last))}`;
}

function textOf(g: Graph, group: Group): readonly [string, string] {
  const { nodes, labels } = g.payload;
  const rows = counted(at(nodes.rows, group.members.at(-1)!), "row");
  if (group.cell < 0) return [clipped(at(labels, at(nodes.label, at(group.members, 0))), LONGEST_TITLE), rows];
  return [clipped(cellTitle(g, group.cell, group.members.at(-1)!), LONGEST_TITLE), `${counted(group.members.length, "operation")} → ${rows}`];
}

function widthOf([title, detail]: readonly [string, string]): number {
  const wide = Math.max(TITLE_WIDTH * [...title].length, DETAIL_WIDTH * [...detail].length);
  return Math.max(NARROWEST, Math.ceil(wide) + MARGIN);
}
