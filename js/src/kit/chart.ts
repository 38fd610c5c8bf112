/** A line chart: one line with a cursor, and what it is compared with. */
import { h, svg } from "./dom.ts";
import { short } from "./format.ts";

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [150, 52, 8, 14, 20];
const DOTS = ["1 4", "6 4", "2 2"];

export type Values = readonly (number | null)[];

export interface Line {
  readonly name: string;
  readonly values: Values;
}

export interface Plot {
  readonly label: string;
  /** Where the values are, rising. */
  readonly places: readonly number[];
  readonly values: Values;
  readonly gold?: number | null;
  readonly band?: readonly number[] | null;
  readonly others?: readonly Line[];
  /** Place from which on the retrained model is passed. */
  readonly past?: number | null;
  /** What the first and the last place are called; their numbers by default. */
  readonly ends?: readonly [string, string];
}

export interface Chart {
  readonly element: HTMLElement;
  move(point: number): void;
}

export function chart(p: Plot, width: number): Chart {
  const [gold, band, others, past] = [p.gold ?? null, p.band ?? null, p.others ?? [], p.past ?? null];
  const known = [...p.values, ...others.flatMap((line) => line.values), gold, ...(band ?? [])].filter((v) => v !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const [low, high] = padded(least, most);
  const [first, last] = [p.places[0] ?? 0, p.places.at(-1) ?? 1];
  const x = (place: number) => LEFT + ((width - LEFT - RIGHT) * (place - first)) / (last - first || 1);
  const y = (value: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low);
  const line = (values: Values) => {
    const points = p.places.flatMap((place, i) => {
      const value = values[i];
      return value === null || value === undefined ? [] : [`${x(place).toFixed(1)},${y(value).toFixed(1)}`];
    });
    return `M${points.join("L")}`;
  };
  const text = (label: string, tx: number, ty: number, end = false, fill = "") =>
    svg("text", { x: tx, y: ty, "text-anchor": end ? "end" : "start", style: fill && `fill:${fill}` }, label);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": described(p) });
  const cursor = svg("line", { visibility: "hidden", y1: TOP, y2: HEIGHT - BOTTOM, stroke: "var(--line)" });
  const dot = svg("circle", { visibility: "hidden", r: 4, fill: "var(--for)", stroke: "var(--bg)", "stroke-width": 1.5 });
  const [left, right] = p.ends ?? [short(first), short(last)];
  if (band) {
    const [bottom, top] = [y(band[0] ?? low), y(band[1] ?? high)];
    drawing.append(svg("rect", { class: "band", x: LEFT, y: top, width: width - LEFT - RIGHT, height: Math.max(bottom - top, 1), fill: "var(--gold)", "fill-opacity": 0.14 }));
  }
  drawing.append(
    text(short(most), LEFT - 6, y(most) + 4, true),
    text(most > least ? short(least) : "", LEFT - 6, y(least) + 4, true),
    text(left, LEFT, HEIGHT - 5),
    text(right, width - RIGHT, HEIGHT - 5, true),
    svg("path", { d: `M${LEFT},${TOP}V${HEIGHT - BOTTOM}H${width - RIGHT}`, fill: "none", stroke: "var(--line)" }),
  );
  if (gold !== null) {
    const gy = y(gold);
    drawing.append(svg("path", { class: "gold", d: `M${LEFT},${gy}H${width - RIGHT}`, stroke: "var(--gold)", "stroke-dasharray": "5 3" }));
    drawing.append(text("retrained", width - RIGHT - 2, gy > TOP + 14 ? gy - 4 : gy + 12, true, "var(--gold)"));
  }
  if (past !== null) drawing.append(svg("path", { d: `M${x(past)},${TOP}V${HEIGHT - BOTTOM}`, stroke: "var(--bad)", "stroke-dasharray": "2 3" }));
  others.forEach(({ values }, k) => {
    drawing.append(svg("path", { class: "other", d: line(values), fill: "none", stroke: "var(--fg2)", "stroke-dasharray": DOTS[k % DOTS.length] ?? "" }));
  });
  drawing.append(svg("path", { d: line(p.values), fill: "none", stroke: "var(--for)", "stroke-width": 2 }), cursor, dot);
  return {
    element: h("div", { class: "chart" }, h("b", {}, p.label), drawing, legend(p)),
    move(point) {
      const value = p.values[point];
      const px = x(p.places[point] ?? 0);
      cursor.setAttribute("x1", String(px));
      cursor.setAttribute("x2", String(px));
      cursor.setAttribute("visibility", "visible");
      dot.setAttribute("visibility", value === null || value === undefined ? "hidden" : "visible");
      dot.setAttribute("cx", String(px));
      dot.setAttribute("cy", String(y(value ?? low)));
    },
  };
}

/** What the thin lines are, each with a piece of it; nothing where there is only one line. */
function legend(p: Plot): HTMLElement | string {
  const keys = (p.others ?? []).map(({ name }, k) => {
    const sample = svg("svg", { width: 22, height: 8, "aria-hidden": "true" });
    sample.append(svg("path", { d: "M0,4H22", stroke: "var(--fg2)", "stroke-dasharray": DOTS[k % DOTS.length] ?? "" }));
    return h("span", {}, sample, ` ${name}`);
  });
  if (p.band) {
    const sample = svg("svg", { width: 22, height: 8, "aria-hidden": "true" });
    sample.append(svg("rect", { width: 22, height: 8, fill: "var(--gold)", "fill-opacity": 0.3 }));
    keys.push(h("span", {}, sample, " one more retrained model"));
  }
  return keys.length ? h("div", { class: "legend" }, ...keys) : "";
}

function described(p: Plot): string {
  const known = p.values.filter((v) => v !== null);
  const gold = p.gold === null || p.gold === undefined ? "" : `; the retrained model has ${short(p.gold)}`;
  const others = (p.others ?? []).map((line) => line.name);
  const beside = others.length ? `; beside it ${others.join(" and ")}` : "";
  return `${p.label} from ${short(known[0] ?? 0)} to ${short(known.at(-1) ?? 0)}${gold}${beside}`;
}

function padded(low: number, high: number): [number, number] {
  const pad = (high - low) * 0.08 || Math.max(Math.abs(high) * 0.05, 1e-9);
  return [low - pad, high + pad];
}

const [NARROW, FRAME, BETWEEN] = [300, 18, 8];

/** Width of each of one or two charts in this room: beside each other, or one above the other. */
export function widthOf(room: number, charts = 2): number {
  const beside = charts > 1 && room >= 2 * (NARROW + FRAME) + BETWEEN ? 2 : 1;
  return Math.max(NARROW - 80, Math.floor((room - BETWEEN * (beside - 1)) / beside - FRAME));
}
