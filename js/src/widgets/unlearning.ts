/** The way to a model that forgot: a slider over the trajectory, two charts, and the verdict. */
import { h, svg } from "../kit/dom.ts";
import { downloads } from "../kit/download.ts";
import { seconds, short, whole } from "../kit/format.ts";
import { mounted, type Props } from "../kit/mount.ts";
import { decodeUnlearning, type Series, type Unlearning } from "../payloads/unlearning.ts";

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [150, 52, 8, 14, 20];
const [NARROW, FRAME, BETWEEN] = [300, 18, 8];

interface Chart {
  readonly element: HTMLElement;
  move(point: number): void;
}

export function unlearning(props: Props): void {
  const w = mounted(props, "Unlearning");
  const p = decodeUnlearning(w.model.get("payload"));
  const last = p.strength.length - 1;
  const readout = h("div", { class: "readout" });
  const strength = h("output", { class: "num" });
  const charts = h("div", { class: "charts" });
  const slider = h("input", { type: "range", min: 0, max: last, step: 1, value: p.at, "aria-label": "Strength of the unlearning" });
  const second = p.series.find((s) => s.name.endsWith("accuracy")) ?? p.series[1];
  const pick = h("select", { "aria-label": "Measurement of the second chart" }, ...p.series.slice(1).map((s) => h("option", { value: s.name, selected: s === second }, s.label)));
  let drawn: Chart[] = [];
  const move = () => {
    const point = Number(slider.value);
    for (const chart of drawn) chart.move(point);
    strength.textContent = short(p.strength[point] ?? 0);
    slider.setAttribute("aria-valuetext", `strength ${strength.textContent}`);
    readout.replaceChildren(...measured(p, point));
  };
  const draw = () => {
    const shown = [p.series[0], p.series.find((s) => s.name === pick.value)].filter((s) => s !== undefined);
    const beside = charts.clientWidth >= 2 * (NARROW + FRAME) + BETWEEN ? 2 : 1;
    const room = (charts.clientWidth - BETWEEN * (beside - 1)) / beside - FRAME;
    drawn = shown.map((s) => chartOf(p, s, Math.max(NARROW - 80, Math.floor(room))));
    charts.replaceChildren(...drawn.map((c) => c.element));
    move();
  };
  slider.addEventListener("input", move, { signal: w.signal });
  pick.addEventListener("change", draw, { signal: w.signal });
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": "Unlearning tools" }, p.series.length > 2 && h("label", {}, "second chart ", pick), downloads(w));
  const body = h(
    "div",
    { class: "pad" },
    h("h3", {}, `Forget ${p.title}`),
    h("p", { class: "quiet" }, summary(p)),
    charts,
    h("label", { class: "slider" }, h("span", {}, "strength"), slider, strength),
    readout,
    over(p),
    verdict(p),
  );
  w.root.append(bar, body, w.status);
  w.status.textContent = `${whole(p.strength.length)} points along the way; nothing is applied to your model.`;
  move();
  w.onSight(draw);
}

function summary(p: Unlearning): string {
  const share = p.n_train ? (100 * p.forgotten) / p.n_train : 0;
  const parts = [`${whole(p.forgotten)} of ${whole(p.n_train)} training rows (${share.toFixed(1)} %)`, p.method, `took ${seconds(p.seconds)}`];
  if (p.seconds_gold !== null) parts.push(`retraining took ${seconds(p.seconds_gold)}`);
  return parts.join(" · ");
}

/** The measurements at one point, each next to the retrained model's where that exists. */
function measured(p: Unlearning, point: number): HTMLElement[] {
  const out = p.series.map((s) => {
    const value = s.values[point];
    const shown = value === null || value === undefined ? "not measured" : short(value);
    const gold = s.gold === null ? "" : ` (retrained ${short(s.gold)})`;
    return h("span", {}, h("span", { class: "quiet" }, `${s.label} `), h("b", {}, shown), gold);
  });
  const closed = gapClosed(p.series.find((s) => s.name === "forget_loss"), point);
  if (closed !== null) out.unshift(h("span", {}, h("span", { class: "quiet" }, "gap closed "), h("b", {}, `${closed.toFixed(1)} %`)));
  return out;
}

/** Share of the way from the trained to the retrained model's loss; null without the latter. */
export function gapClosed(s: Series | undefined, point: number): number | null {
  const [start, now] = [s?.values[0] ?? null, s?.values[point] ?? null];
  if (!s || s.gold === null || start === null || now === null || s.gold === start) return null;
  return (100 * (now - start)) / (s.gold - start);
}

function over(p: Unlearning): HTMLElement | string {
  if (p.over_from === null) return "";
  const from = short(p.strength[p.over_from] ?? 0);
  return h("p", { class: "error" }, `Over-forgets from strength ${from}: past the retrained model, which is not better.`);
}

function verdict(p: Unlearning): HTMLElement {
  const [kind, word] = p.verified === null ? ["", "not checked"] : p.verified ? ["yes", "verified"] : ["no", "not verified"];
  return h("p", { class: `verdict ${kind}` }, h("span", { class: "flag" }, word), " ", p.verdict);
}

function chartOf(p: Unlearning, s: Series, width: number): Chart {
  const values = s.values.filter((v) => v !== null);
  const all = s.gold === null ? values : [...values, s.gold];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const [low, high] = padded(least, most);
  const [first, last] = [p.strength[0] ?? 0, p.strength.at(-1) ?? 1];
  const x = (strength: number) => LEFT + ((width - LEFT - RIGHT) * (strength - first)) / (last - first || 1);
  const y = (value: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low);
  const path = p.strength.flatMap((strength, i) => {
    const value = s.values[i];
    return value === null || value === undefined ? [] : [`${x(strength).toFixed(1)},${y(value).toFixed(1)}`];
  });
  const text = (label: string, tx: number, ty: number, end = false, fill = "") =>
    svg("text", { x: tx, y: ty, "text-anchor": end ? "end" : "start", style: fill && `fill:${fill}` }, label);
  const cursor = svg("line", { y1: TOP, y2: HEIGHT - BOTTOM, stroke: "var(--line)" });
  const dot = svg("circle", { r: 4, fill: "var(--for)", stroke: "var(--bg)", "stroke-width": 1.5 });
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": described(s) });
  drawing.append(
    text(short(most), LEFT - 6, y(most) + 4, true),
    text(most > least ? short(least) : "", LEFT - 6, y(least) + 4, true),
    text(short(first), LEFT, HEIGHT - 5),
    text(short(last), width - RIGHT, HEIGHT - 5, true),
    svg("path", { d: `M${LEFT},${TOP}V${HEIGHT - BOTTOM}H${width - RIGHT}`, fill: "none", stroke: "var(--line)" }),
  );
  if (s.gold !== null) {
    const gy = y(s.gold);
    drawing.append(svg("path", { class: "gold", d: `M${LEFT},${gy}H${width - RIGHT}`, stroke: "var(--gold)", "stroke-dasharray": "5 3" }));
    drawing.append(text("retrained", width - RIGHT - 2, gy > TOP + 14 ? gy - 4 : gy + 12, true, "var(--gold)"));
  }
  if (p.over_from !== null) {
    const ox = x(p.strength[p.over_from] ?? 0);
    drawing.append(svg("path", { d: `M${ox},${TOP}V${HEIGHT - BOTTOM}`, stroke: "var(--bad)", "stroke-dasharray": "2 3" }));
  }
  drawing.append(svg("path", { d: `M${path.join("L")}`, fill: "none", stroke: "var(--for)", "stroke-width": 2 }), cursor, dot);
  return {
    element: h("div", { class: "chart" }, h("b", {}, s.label), drawing),
    move(point) {
      const value = s.values[point];
      const px = x(p.strength[point] ?? 0);
      cursor.setAttribute("x1", String(px));
      cursor.setAttribute("x2", String(px));
      dot.setAttribute("visibility", value === null || value === undefined ? "hidden" : "visible");
      dot.setAttribute("cx", String(px));
      dot.setAttribute("cy", String(y(value ?? low)));
    },
  };
}

function described(s: Series): string {
  const known = s.values.filter((v) => v !== null);
  const gold = s.gold === null ? "" : `; the retrained model has ${short(s.gold)}`;
  return `${s.label} from ${short(known[0] ?? 0)} to ${short(known.at(-1) ?? 0)}${gold}`;
}

function padded(low: number, high: number): [number, number] {
  const pad = (high - low) * 0.08 || Math.max(Math.abs(high) * 0.05, 1e-9);
  return [low - pad, high + pad];
}
