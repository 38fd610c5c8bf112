/** What training rows are worth: sources, both ends of the ranking, the steps, the removal curve. */
import { balance } from "../kit/balance.ts";
import { chart, widthOf, type Plot } from "../kit/chart.ts";
import { choice, h, type Child } from "../kit/dom.ts";
import { downloads } from "../kit/download.ts";
import { counted, seconds, short, signed, whole } from "../kit/format.ts";
import { mounted, type Mounted, type Props } from "../kit/mount.ts";
import { explained, waiting } from "../kit/rpc.ts";
import { decodeSteps, decodeValuation, type Valuation, type ValuedRow, type ValuedStep } from "../payloads/valuation.ts";

type Shown = "worst" | "best" | "source" | "op";

export function valuation(props: Props): void {
  const w = mounted(props, "Value of training rows");
  const p = decodeValuation(w.model.get("payload"));
  let steps = p.steps;
  let shown: Shown = p.view === "row" ? "worst" : p.view;
  const table = h("table", {});
  const charts = h("div", { class: "charts" });
  const draw = () => {
    table.replaceChildren(...tabled(p, shown, steps));
    w.status.textContent = said(p, shown, steps);
  };
  const choose = (next: Shown) => {
    shown = next;
    draw();
    if (next === "op" && steps === null) void ask(w, (found) => ((steps = found), draw()));
  };
  const views: [Shown, string][] = [["worst", "Least valuable"], ["best", "Most valuable"], ["source", "By source"]];
  if (steps !== null || w.can("steps")) views.push(["op", "By step"]);
  const sides = choice<Shown>("What is listed", views, shown, choose);
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": "Valuation tools" }, sides, downloads(w));
  const head = h(
    "div",
    { class: "pad" },
    h("h3", {}, p.title),
    h("p", { class: "estimate" }, summary(p), p.note && h("span", { class: "quiet" }, ` · ${p.note}`)),
    p.settled && settled(p.settled),
    charts,
    h("p", { class: "note" }, "Value: a row's share of the utility on the held-out rows. A row that harms is negative."),
  );
  w.root.append(bar, head, h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Values" }, table), w.status);
  draw();
  w.onSight(() => {
    const drawn = plots(p);
    const width = widthOf(charts.clientWidth, drawn.length);
    charts.replaceChildren(...drawn.map((one) => chart(one, width).element));
  });
}

async function ask(w: Mounted, found: (steps: readonly ValuedStep[]) => void): Promise<void> {
  const say = (text: string) => (w.status.textContent = text);
  try {
    const { value } = await waiting(say, "working out what the steps are worth", w.ask("steps"));
    found(decodeSteps(value));
  } catch (error) {
    say(explained(error));
  }
}

function summary(p: Valuation): string {
  const parts = [p.method, `of ${p.utility}`];
  if (p.total !== null) parts.push(`${short(p.total)} in all`);
  return [...parts, `took ${seconds(p.seconds)}`].join(" · ");
}

function settled(s: NonNullable<Valuation["settled"]>): HTMLElement {
  const value = s.value === null ? "not measured" : short(s.value);
  const text = `after ${counted(s.samples, "evaluation")}: ${s.statistic} ${value}, goal ${short(s.goal)}`;
  return h("p", { class: s.reached ? "quiet" : "error" }, h("span", { class: "flag" }, s.reached ? "settled" : "not settled"), ` ${text}`);
}

function plots(p: Valuation): Plot[] {
  const c = p.curve;
  const out: Plot[] = [];
  if (c.removed.length > 1) {
    const ends = ["0 rows out", `${whole(c.removed.at(-1) ?? 0)} rows out, worst first`] as const;
    const others = [{ name: "best first", values: c.best_first }, { name: "random", values: c.random }];
    out.push({ label: c.utility, places: c.removed, values: c.worst_first, others, ends });
  }
  const s = p.settled;
  if (s && s.history.filter((v) => v !== null).length > 1) {
    const ends = ["0 evaluations", `${whole(s.evaluations.at(-1) ?? 0)}`] as const;
    const goal = { name: "goal", values: s.history.map(() => s.goal) };
    out.push({ label: s.statistic, places: s.evaluations, values: s.history, others: [goal], ends });
  }
  return out;
}

function tabled(p: Valuation, shown: Shown, steps: readonly ValuedStep[] | null): HTMLElement[] {
  if (shown === "source") return bySource(p);
  if (shown === "op") return byStep(steps ?? []);
  return byRow(shown === "worst" ? p.worst : p.best);
}

function heads(...names: readonly (readonly [string, string])[]): HTMLElement {
  return h("thead", {}, h("tr", {}, ...names.map(([name, kind]) => h("th", { scope: "col", class: kind }, name))));
}

const cell = (kind: string, ...inner: Child[]) => h("td", { class: kind }, ...inner);
const number = (n: number | null) => cell("num", n === null ? "" : whole(n));
const worth = (n: number | null) => cell("num", n === null ? "" : signed(n));

function byRow(rows: readonly ValuedRow[]): HTMLElement[] {
  const largest = Math.max(0, ...rows.map((r) => Math.abs(r.value)));
  const body = rows.map((r) =>
    h(
      "tr",
      {},
      number(r.rank),
      cell("", r.source || "unknown", " ", ...r.flags.map((flag) => h("span", { class: "flag" }, flag))),
      number(r.record),
      number(r.line),
      cell("", r.label),
      worth(r.value),
      cell("", balance(r.value, largest)),
      cell("quiet", r.path),
    ),
  );
  const names = [["#", "num"], ["source", ""], ["record", "num"], ["line", "num"], ["label", ""], ["value", "num"], ["harms | helps", ""], ["path", ""]] as const;
  return [heads(...names), h("tbody", {}, ...body)];
}

function bySource(p: Valuation): HTMLElement[] {
  const largest = Math.max(0, ...p.by_source.map((s) => Math.abs(s.mean)));
  const body = p.by_source.map((s) =>
    h("tr", {}, cell("", s.name || "unknown"), cell("num", short(s.rows)), worth(s.mean), cell("", balance(s.mean, largest)), worth(s.total)),
  );
  return [heads(["source", ""], ["rows", "num"], ["value of a row", "num"], ["harms | helps", ""], ["in all", "num"]), h("tbody", {}, ...body)];
}

function byStep(steps: readonly ValuedStep[]): HTMLElement[] {
  const body = steps.map((s) =>
    h(
      "tr",
      {},
      cell("", s.step),
      number(s.rows_in),
      number(s.dropped),
      worth(s.dropped_value),
      number(s.kept),
      worth(s.kept_value),
      number(s.changed),
      worth(s.changed_value),
      cell("quiet", s.why),
    ),
  );
  const names = [["step", ""], ["rows in", "num"], ["dropped", "num"], ["worth", "num"], ["kept", "num"], ["worth", "num"], ["changed", "num"], ["worth", "num"], ["not known", ""]] as const;
  return [heads(...names), h("tbody", {}, ...body)];
}

function said(p: Valuation, shown: Shown, steps: readonly ValuedStep[] | null): string {
  if (shown === "source") return `${counted(p.by_source.length, "source")}, the least valuable first`;
  if (shown === "op") return steps === null ? "" : counted(steps.length, "step");
  const rows = shown === "worst" ? p.worst : p.best;
  return `${counted(rows.length, "row")} of ${whole(p.n_train)}; the download has all of them`;
}
