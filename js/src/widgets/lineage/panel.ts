/** What is known about the selected card: rows, status, expression, sources. */
import { h, type Child } from "../../kit/dom.ts";
import { clipped, counted, whole } from "../../kit/format.ts";
import { stepText, type Box } from "../../layout/cards.ts";
import { reached, type Graph } from "../../layout/graph.ts";
import { at } from "../../layout/layered.ts";
import { STATUS, type Source } from "../../payloads/lineage.ts";

const MEANING: Readonly<Record<(typeof STATUS)[number], string>> = {
  exact: "exact: these rows and no others",
  assumed: "* exact under an assumption",
  inexact: "≈ not exact: a superset of the rows",
  unknown: "? unknown",
};
const MOST = 12;

export interface PanelActions {
  readonly select: (key: string) => void;
  readonly toggle: (cell: number) => void;
  readonly goToCell: (number: number) => void;
}

export function panel(g: Graph, box: Box, isOpen: boolean, act: PanelActions): HTMLElement[] {
  const members = box.members;
  const source = g.payload.sources.find((s) => s.node === members[0]);
  const up = reached(members, g.parents);
  const down = reached(members, g.children);
  const facts: [string, Child][] = source && box.kind === "source" ? sourceFacts(source) : stepFacts(g, box);
  facts.push(["rows are", MEANING[STATUS[box.status] ?? "unknown"]]);
  facts.push(["upstream", counted(up.size - members.length, "step")], ["downstream", counted(down.size - members.length, "step")]);
  const sources = g.payload.sources.filter((s) => up.has(s.node) && !members.includes(s.node));
  return [
    h("h3", {}, box.title),
    h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    actions(g, box, isOpen, act),
    ...(sources.length ? [h("h4", {}, "Sources"), links(sources.map((s) => [`n${s.node}`, s.name]), act)] : []),
    ...(box.kind === "cell" ? [h("h4", {}, "Operations"), links(members.map((m) => [`n${m}`, stepText(g, m)]), act)] : []),
  ];
}

function sourceFacts(s: Source): [string, Child][] {
  return [
    ["kind", s.kind],
    ["path", s.path ?? "none"],
    ["rows", whole(s.rows)],
    ["digest", h("code", { title: s.digest ?? "" }, s.digest ? clipped(s.digest, 19) : "not computed")],
  ];
}

function stepFacts(g: Graph, box: Box): [string, Child][] {
  const { nodes, sites, cells } = g.payload;
  const last = box.members.at(-1)!;
  const facts: [string, Child][] = [["rows", rowsIn(g, box)]];
  const site = sites[at(nodes.site, last)];
  if (box.kind === "operation") {
    facts.push(["cell", `In [${cells[box.cell]?.number ?? "?"}]${site ? `, line ${site.line}` : ""}`]);
    if (site) facts.push(["code", h("code", {}, site.text)]);
  }
  return facts;
}

/** "6,000 → 5,871": the largest input from outside, and what comes out last. */
function rowsIn(g: Graph, box: Box): string {
  const { rows } = g.payload.nodes;
  const inside = new Set(box.members);
  const parents = box.members.flatMap((m) => at(g.parents, m)).filter((p) => !inside.has(p));
  const out = whole(at(rows, box.members.at(-1)!));
  return parents.length ? `${whole(parents.reduce((m, p) => Math.max(m, at(rows, p)), 0))} → ${out}` : out;
}

function actions(g: Graph, box: Box, isOpen: boolean, act: PanelActions): HTMLElement {
  const number = g.payload.cells[box.cell]?.number ?? 0;
  const label = isOpen ? "Collapse the cell" : "Expand the cell";
  return h(
    "p",
    {},
    box.cell >= 0 && h("button", { type: "button", onclick: () => act.toggle(box.cell) }, label),
    " ",
    number > 0 && h("button", { type: "button", onclick: () => act.goToCell(number) }, "Go to cell"),
  );
}

function links(entries: readonly (readonly [string, string])[], act: PanelActions): HTMLElement {
  const shown = entries.slice(0, MOST).map(([key, text]) =>
    h("li", {}, h("button", { type: "button", class: "link", onclick: () => act.select(key) }, text)),
  );
  const more = entries.length - MOST;
  return h("ul", {}, ...shown, more > 0 && h("li", { class: "quiet" }, `and ${whole(more)} more`));
}
