/** The way to a model that forgot: a slider over the trajectory, two charts, the verdict, gold. */
import { chart, widthOf, type Chart } from "../kit/chart.ts";
import { h } from "../kit/dom.ts";
import { downloads } from "../kit/download.ts";
import { counted, seconds, short, whole } from "../kit/format.ts";
import { mounted, type Mounted, type Props } from "../kit/mount.ts";
import { explained } from "../kit/rpc.ts";
import { decodeProgress, decodeUnlearning, type Series, type Unlearning } from "../payloads/unlearning.ts";

export function unlearning(props: Props): void {
  const w = mounted(props, "Unlearning");
  const room = h("div", {});
  const gold = retraining(w);
  w.root.append(room, w.status);
  let draw: (() => void) | null = null;
  const show = () => {
    const p = decodeUnlearning(w.model.get("payload"));
    gold.offer(p);
    draw = panel(w, room, p, gold.element);
    w.status.textContent = `${whole(p.strength.length)} points along the way; nothing is applied to your model.`;
  };
  w.on("payload", () => {
    show();
    draw?.();
  });
  show();
  w.onSight(() => draw?.());
}

/** Fills the room with the panel of a payload; returns what draws its charts at the present size. */
function panel(w: Mounted, room: HTMLElement, p: Unlearning, gold: HTMLElement): () => void {
  const readout = h("div", { class: "readout" });
  const strength = h("output", { class: "num" });
  const charts = h("div", { class: "charts" });
  const slider = h("input", { type: "range", min: 0, max: p.strength.length - 1, step: 1, value: p.at, "aria-label": "Strength of the unlearning" });
  const second = p.series.find((s) => s.name.endsWith("accuracy")) ?? p.series[1];
  const pick = h("select", { "aria-label": "Measurement of the second chart" }, ...choices(p.series.slice(1), second));
  const other = () => p.series.find((s) => s.name === pick.value);
  let drawn: Chart[] = [];
  const move = () => {
    const point = Number(slider.value);
    for (const one of drawn) one.move(point);
    strength.textContent = short(p.strength[point] ?? 0);
    slider.setAttribute("aria-valuetext", `strength ${strength.textContent}`);
    readout.replaceChildren(...measured(p, point, other()));
  };
  const draw = () => {
    const shown = [p.series[0], other()].filter((s) => s !== undefined);
    drawn = shown.map((s) => chart(plot(p, s), widthOf(charts.clientWidth)));
    charts.replaceChildren(...drawn.map((c) => c.element));
    move();
  };
  slider.addEventListener("input", move, { signal: w.signal });
  pick.addEventListener("change", draw, { signal: w.signal });
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": "Unlearning tools" }, p.series.length > 2 && h("label", {}, "second chart ", pick), gold, downloads(w));
  const body = h(
    "div",
    { class: "pad" },
    h("h3", {}, `Forget ${p.title}`),
    h("p", { class: "quiet" }, summary(p)),
    chosen(p),
    charts,
    h("label", { class: "slider" }, h("span", {}, "strength"), slider, strength),
    readout,
    over(p),
    verdict(p),
  );
  room.replaceChildren(bar, body);
  move();
  return draw;
}

/** The measures, those of classes and slices under a heading each. */
function choices(series: readonly Series[], second: Series | undefined): HTMLElement[] {
  const option = (s: Series) => h("option", { value: s.name, selected: s === second }, s.label);
  const groups = [...new Set(series.map((s) => s.group))].filter(Boolean);
  const parts = groups.map((group) => h("optgroup", { label: group }, ...series.filter((s) => s.group === group).map(option)));
  return [...series.filter((s) => !s.group).map(option), ...parts];
}

/** The button that retrains, and how far it is; gone where the kernel cannot. */
function retraining(w: Mounted): { element: HTMLElement; offer(p: Unlearning): void } {
  const element = h("span", { class: "bar-part" });
  let offered = "";
  const act = async (question: string, said: string) => {
    try {
      w.status.textContent = said;
      await w.ask(question);
    } catch (error) {
      w.status.textContent = explained(error);
      draw();
    }
  };
  const draw = () => {
    const now = decodeProgress(w.model.get("progress"));
    if (now) {
      const left = now.seconds_left === null ? "" : `, about ${seconds(now.seconds_left)} left`;
      element.replaceChildren(
        h("progress", { value: now.share, max: 1, "aria-label": "Retraining" }),
        h("span", { class: "quiet" }, `${Math.floor(100 * now.share)} %${left}`),
        h("button", { type: "button", onclick: () => void act("cancel", "stopping the retraining") }, "Cancel"),
      );
    } else if (offered && w.can("retrain")) {
      element.replaceChildren(h("button", { type: "button", onclick: () => void act("retrain", "retraining in the background") }, offered));
    } else element.replaceChildren();
  };
  w.on("progress", draw);
  return {
    element,
    offer(p) {
      const takes = p.offer?.seconds ? ` (about ${seconds(p.offer.seconds)})` : "";
      offered = p.offer ? `Compare with ${counted(p.offer.seeds, "retrained model")}${takes}` : "";
      draw();
    },
  };
}

function plot(p: Unlearning, s: Series) {
  const past = p.over_from === null ? null : (p.strength[p.over_from] ?? null);
  const label = s.group ? `${s.group}: ${s.label}` : s.label;
  return { label, places: p.strength, values: s.values, gold: s.gold, band: s.band, others: s.baselines, past };
}

function summary(p: Unlearning): string {
  const share = p.n_train ? (100 * p.forgotten) / p.n_train : 0;
  const parts = [`${whole(p.forgotten)} of ${whole(p.n_train)} training rows (${share.toFixed(1)} %)`, p.method, `took ${seconds(p.seconds)}`];
  const models = p.gold_seeds > 1 ? ` ${counted(p.gold_seeds, "model")}` : "";
  if (p.seconds_gold !== null) parts.push(`retraining${models} took ${seconds(p.seconds_gold)}`);
  return parts.join(" · ");
}

function chosen(p: Unlearning): HTMLElement | string {
  const said = [p.why && `chosen because ${p.why}`, p.note].filter(Boolean).join(" · ");
  return said ? h("p", { class: "quiet" }, said) : "";
}

/** The measures at one point, each next to the retrained model's where that exists. */
function measured(p: Unlearning, point: number, picked: Series | undefined): HTMLElement[] {
  const shown = p.series.filter((s) => !s.group || s === picked);
  const out = shown.map((s) => {
    const value = s.values[point];
    const said = value === null || value === undefined ? "not measured" : short(value);
    const gold = s.gold === null ? "" : ` (retrained ${short(s.gold)})`;
    const label = s.group ? `${s.group}: ${s.label}` : s.label;
    return h("span", {}, h("span", { class: "quiet" }, `${label} `), h("b", {}, said), gold);
  });
  const closed = gapClosed(p.series.find((s) => s.name === "forget_loss"), point);
  if (closed !== null) out.unshift(h("span", {}, h("span", { class: "quiet" }, "gap closed "), h("b", {}, `${closed.toFixed(1)} %`)));
  return out;
}

/**
 * Share of the way from the trained to the retrained model's loss; null without the latter, and
 * where the trained model's loss is one that another retrained model may have: then there is no gap.
 */
export function gapClosed(s: Series | undefined, point: number): number | null {
  const [start, now] = [s?.values[0] ?? null, s?.values[point] ?? null];
  if (!s || s.gold === null || start === null || now === null || s.gold === start) return null;
  const [low, high] = s.band ?? [];
  if (low !== undefined && high !== undefined && low <= start && start <= high) return null;
  return (100 * (now - start)) / (s.gold - start);
}

function over(p: Unlearning): HTMLElement | string {
  if (p.over_from === null) return "";
  const from = short(p.strength[p.over_from] ?? 0);
  const past = p.gold_seeds ? "past the retrained model, which is not better" : "past the method's own answer";
  return h("p", { class: "error" }, `Over-forgets from strength ${from}: ${past}.`);
}

function verdict(p: Unlearning): HTMLElement {
  const [kind, word] = p.verified === null ? ["", "not checked"] : p.verified ? ["yes", "verified"] : ["no", "not verified"];
  const test = p.test && h("div", { class: "quiet" }, `test: ${p.test}`);
  return h("div", { class: `verdict ${kind}` }, h("span", { class: "flag" }, word), " ", p.verdict, test);
}
