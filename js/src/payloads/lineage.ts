/** Mirrors traceprop_nb/payloads/lineage_graph.py. */
import { list, number, oneOf, orNull, record, text, wrong, type Decoder } from "./decode.ts";

export type Direction = "both" | "up" | "down";
export const STATUS = ["exact", "assumed", "inexact", "unknown"] as const;

export interface Lineage {
  readonly schema: "lineage/1";
  readonly focus: number | null;
  readonly direction: Direction;
  readonly omitted: number;
  readonly labels: readonly string[];
  readonly cells: readonly { readonly number: number; readonly names: string }[];
  readonly sites: readonly { readonly line: number; readonly text: string }[];
  readonly nodes: {
    readonly id: readonly number[];
    readonly label: readonly number[];
    readonly cell: readonly number[];
    readonly rows: readonly number[];
    readonly status: readonly number[];
    readonly site: readonly number[];
  };
  readonly edges: {
    readonly start: readonly number[];
    readonly end: readonly number[];
    readonly context: readonly number[];
  };
  readonly names: readonly { readonly node: number; readonly name: string }[];
  readonly sources: readonly Source[];
}

export interface Source {
  readonly node: number;
  readonly name: string;
  readonly kind: string;
  readonly path: string | null;
  readonly rows: number;
  readonly digest: string | null;
  readonly line: number;
}

const fields: Decoder<Lineage> = record<Lineage>({
  schema: oneOf("lineage/1"),
  focus: orNull(number),
  direction: oneOf("both", "up", "down"),
  omitted: number,
  labels: list(text),
  cells: list(record({ number, names: text })),
  sites: list(record({ line: number, text })),
  nodes: record({
    id: list(number),
    label: list(number),
    cell: list(number),
    rows: list(number),
    status: list(number),
    site: list(number),
  }),
  edges: record({ start: list(number), end: list(number), context: list(number) }),
  names: list(record({ node: number, name: text })),
  sources: list(
    record<Source>({
      node: number,
      name: text,
      kind: text,
      path: orNull(text),
      rows: number,
      digest: orNull(text),
      line: number,
    }),
  ),
});

export function decodeLineage(x: unknown): Lineage {
  const p = fields(x, "payload");
  const n = p.nodes.id.length;
  for (const [name, column] of Object.entries(p.nodes)) same(column, n, `payload.nodes.${name}`);
  for (const [name, column] of Object.entries(p.edges)) same(column, p.edges.start.length, `payload.edges.${name}`);
  within(p.nodes.label, 0, p.labels.length, "payload.nodes.label");
  within(p.nodes.cell, -1, p.cells.length, "payload.nodes.cell");
  within(p.nodes.site, -1, p.sites.length, "payload.nodes.site");
  within(p.nodes.status, 0, STATUS.length, "payload.nodes.status");
  within(p.edges.start, 0, n, "payload.edges.start");
  within(p.edges.end, 0, n, "payload.edges.end");
  within(p.names.map((v) => v.node), 0, n, "payload.names");
  return p;
}

function same(column: readonly number[], n: number, place: string): void {
  if (column.length !== n) throw wrong(column.length, `${place}.length`, String(n));
}

function within(column: readonly number[], low: number, end: number, place: string): void {
  column.forEach((v, i) => {
    if (!(v >= low && v < end)) throw wrong(v, `${place}[${i}]`, `a number from ${low} to ${end - 1}`);
  });
}
