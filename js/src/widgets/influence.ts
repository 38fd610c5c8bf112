/** The training rows behind one prediction: totals by source, signed bars, the way to the file line. */
import { balance } from "../kit/balance.ts";
import { choice, h, type Child } from "../kit/dom.ts";
import { downloads } from "../kit/download.ts";
import { counted, signed, whole } from "../kit/format.ts";
import { mounted, type Mounted, type Props } from "../kit/mount.ts";
import { explained, waiting } from "../kit/rpc.ts";
import { decodeDetail, decodeInfluence, type Influence, type InfluenceRow, type RowDetail } from "../payloads/influence.ts";

const PAGE = 200; // rows in the page at once; more come at the press of a button
const COLUMNS = 7;

type Side = "all" | "for" | "against";

interface Reader {
  side: Side;
  source: string | null;
  most: number;
  readonly open: Set<number>;
  readonly details: Map<number, RowDetail>;
}

export function influence(props: Props): void {
  const w = mounted(props, "Influence on one prediction");
  const reader: Reader = { side: "all", source: null, most: PAGE, open: new Set(), details: new Map() };
  let p = decodeInfluence(w.model.get("payload"));
  const head = h("div", {});
  const body = h("tbody");
  const sides = choice<Side>("Which rows", [["all", "All"], ["for", "Proponents"], ["against", "Opponents"]], "all", (side) => {
    reader.side = side;
    draw();
  });
  const draw = () => {
    head.replaceChildren(...header(p, reader, filter));
    const rows = chosen(p, reader);
    const largest = Math.max(0, ...p.rows.map((r) => Math.abs(r.influence)));
    body.replaceChildren(...rows.slice(0, reader.most).flatMap((row) => lines(w, row, largest, reader, draw)));
    if (rows.length > reader.most) body.append(more(rows.length - reader.most, () => ((reader.most += PAGE), draw())));
    const from = reader.source === null ? "" : ` from ${reader.source || "an unknown source"}`;
    w.status.textContent = `${counted(rows.length, "row")}${from} of ${whole(p.n_train)} training rows`;
  };
  const filter = (source: string | null) => {
    reader.source = reader.source === source ? null : source;
    draw();
  };
  body.addEventListener("keydown", (e) => rove(body, e), { signal: w.signal });
  w.on("payload", () => {
    p = decodeInfluence(w.model.get("payload"));
    reader.open.clear();
    reader.details.clear();
    draw();
  });
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": "Influence tools" }, sides, downloads(w));
  const table = h("table", {}, h("caption", { class: "seen-by-readers" }, `Influences on ${p.title}`), heads(), body);
  w.root.append(bar, h("div", { class: "pad" }, head), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Rows" }, table), w.status);
  draw();
  w.onSight(() => undefined);
}

function chosen(p: Influence, { side, source }: Reader): InfluenceRow[] {
  return p.rows.filter(
    (r) => (source === null || r.source === source) && (side === "all" || (side === "for" ? r.influence > 0 : r.influence < 0)),
  );
}

function header(p: Influence, reader: Reader, filter: (source: string | null) => void): HTMLElement[] {
  const answer = [p.predicted && `predicted ${p.predicted}`, p.true && `true ${p.true}`].filter(Boolean).join(", ");
  const trust = `${p.method}, ${p.estimand} · LDS ${p.lds}`;
  return [
    h("h3", {}, answer ? `${p.title}: ${answer}` : p.title),
    h("p", { class: "estimate" }, trust, p.note && h("span", { class: "quiet" }, ` · ${p.note}`)),
    bySource(p, reader, filter),
    h("p", { class: "note" }, "Influence: how much the prediction's loss would rise if the row were left out. A row for it is positive."),
  ];
}

function bySource(p: Influence, reader: Reader, filter: (source: string | null) => void): HTMLElement {
  const largest = Math.max(0, ...p.by_source.map((s) => Math.abs(s.total)));
  const bars = p.by_source.flatMap(({ name, total }) => [
    h(
      "button",
      { type: "button", "aria-pressed": String(reader.source === name), title: `Show the rows of ${name}`, onclick: () => filter(name) },
      name || "unknown",
    ),
    balance(total, largest),
    h("span", { class: "num" }, signed(total)),
  ]);
  return h("div", { class: "bysource", role: "group", "aria-label": "Sum of the influences by source" }, ...bars);
}

function heads(): HTMLElement {
  const names = [["#", ""], ["source", ""], ["record", "num"], ["line", "num"], ["label", ""], ["influence", "num"], ["against | for", ""]] as const;
  return h("thead", {}, h("tr", {}, ...names.map(([name, kind]) => h("th", { scope: "col", class: kind }, name))));
}

function lines(w: Mounted, row: InfluenceRow, largest: number, reader: Reader, draw: () => void): HTMLElement[] {
  const open = reader.open.has(row.rank);
  const toggle = () => {
    if (!reader.open.delete(row.rank)) reader.open.add(row.rank);
    w.tell("picked", row.row);
    draw();
    w.root.querySelector<HTMLElement>(`button[data-rank="${row.rank}"]`)?.focus();
    if (reader.open.has(row.rank)) void learn(w, row, reader, draw);
  };
  const label = `${open ? "Hide" : "Show"} where row ${row.rank} comes from`;
  const button = h(
    "button",
    { type: "button", class: "link", "aria-expanded": String(open), "aria-label": label, "data-rank": row.rank, onclick: toggle },
    `${open ? "▾" : "▸"} ${row.rank}`,
  );
  const flags = row.flags.map((flag) => h("span", { class: "flag" }, flag));
  const cell = (kind: string, ...inner: Child[]) => h("td", { class: kind }, ...inner);
  const line = h(
    "tr",
    { class: open ? "open" : "" },
    cell("toggle", button),
    cell("", row.source || "unknown", " ", ...flags),
    cell("num", row.record === null ? "" : whole(row.record)),
    cell("num", row.line === null ? "" : whole(row.line)),
    cell("", row.label),
    cell("num", signed(row.influence)),
    cell("", balance(row.influence, largest)),
  );
  return open ? [line, drill(row, reader.details.get(row.rank) ?? row)] : [line];
}

/** The row's way back: the line as it stands in the file, the steps, the values. */
function drill(row: InfluenceRow, detail: RowDetail): HTMLElement {
  const where = row.line === null ? "Source record" : `${row.source}, line ${whole(row.line)}`;
  const copy = h("button", { type: "button", class: "link", onclick: () => void navigator.clipboard?.writeText(detail.text) }, "copy");
  const values = detail.values.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  const parts: Child[] = [
    h("h4", {}, where, " ", detail.text && copy),
    h("pre", {}, detail.text || "no line of a file is recorded for this row"),
    h("h4", {}, "Path"),
    h("div", {}, detail.path || "not recorded"),
    values.length > 0 && h("h4", {}, "Values"),
    values.length > 0 && h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Values of the row" }, h("dl", {}, ...values)),
  ];
  return h("tr", { class: "drilled" }, h("td", { class: "drill", colspan: COLUMNS }, ...parts));
}

/** Asks the kernel for more than the table holds; without a kernel the table's own stays. */
async function learn(w: Mounted, row: InfluenceRow, reader: Reader, draw: () => void): Promise<void> {
  if (!w.can("detail") || reader.details.has(row.rank)) return;
  const say = (text: string) => (w.status.textContent = text);
  try {
    const { value } = await waiting(say, `asking for training row ${row.row}`, w.ask("detail", { row: row.row }));
    const { text, path, values } = row;
    reader.details.set(row.rank, decodeDetail(value, { text, path, values }));
    const focused = (w.root.getRootNode() as ShadowRoot).activeElement?.getAttribute("data-rank");
    draw();
    w.root.querySelector<HTMLElement>(`button[data-rank="${focused}"]`)?.focus();
  } catch (error) {
    say(explained(error));
  }
}

function more(left: number, act: () => void): HTMLElement {
  const button = h("button", { type: "button", onclick: act }, `Show ${counted(Math.min(left, PAGE), "more row")}`);
  return h("tr", {}, h("td", { colspan: COLUMNS }, button));
}

/** Up and Down move between the rows' buttons. */
function rove(body: HTMLElement, e: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  const buttons = [...body.querySelectorAll<HTMLElement>("button[data-rank]")];
  const here = buttons.indexOf(e.target as HTMLElement);
  if (step === undefined || here < 0) return;
  e.preventDefault();
  buttons[here + step]?.focus();
}
