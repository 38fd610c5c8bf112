/** Who feeds whom in a lineage payload. */
import { at } from "./layered.ts";
import type { Direction, Lineage } from "../payloads/lineage.ts";

export interface Graph {
  readonly payload: Lineage;
  readonly parents: readonly (readonly number[])[];
  readonly children: readonly (readonly number[])[];
  readonly names: ReadonlyMap<number, string>;
}

export function graphOf(payload: Lineage): Graph {
  const parents: number[][] = payload.nodes.id.map(() => []);
  const children: number[][] = payload.nodes.id.map(() => []);
  payload.edges.start.forEach((a, i) => {
    const b = at(payload.edges.end, i);
    at(parents, b).push(a);
    at(children, a).push(b);
  });
  return { payload, parents, children, names: new Map(payload.names.map((v) => [v.node, v.name])) };
}

/** The start and everything that `next` leads to. */
export function reached(start: Iterable<number>, next: readonly (readonly number[])[]): Set<number> {
  const seen = new Set(start);
  const waiting = [...seen];
  for (let u = waiting.pop(); u !== undefined; u = waiting.pop()) {
    for (const v of at(next, u)) {
      if (seen.has(v)) continue;
      seen.add(v);
      waiting.push(v);
    }
  }
  return seen;
}

/** The nodes that a focus leaves on the screen: all of them without one. */
export function visible(g: Graph, focus: readonly number[] | null, direction: Direction): Set<number> {
  if (!focus) return new Set(g.payload.nodes.id.keys());
  const up = direction === "down" ? [] : reached(focus, g.parents);
  const down = direction === "up" ? [] : reached(focus, g.children);
  return new Set([...focus, ...up, ...down]);
}
