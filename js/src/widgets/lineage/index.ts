/** Session lineage explorer: cells as cards that open in place, focus, row probe, search, outline. */
import { choice, h } from "../../kit/dom.ts";
import { downloads } from "../../kit/download.ts";
import { counted, whole } from "../../kit/format.ts";
import { mounted, type Mounted, type Props } from "../../kit/mount.ts";
import type { Colours } from "../../kit/theme.ts";
import { scene as sceneOf, stepText, type Box, type Insides, type Scene } from "../../layout/cards.ts";
import { graphOf, reached, visible, type Graph } from "../../layout/graph.ts";
import { at } from "../../layout/layered.ts";
import { decodeLineage, type Direction } from "../../payloads/lineage.ts";
import { fit, follow, keepPlace, type Camera } from "./camera.ts";
import { outlineOf } from "./outline.ts";
import { paint, paintMap } from "./paint.ts";
import { panel } from "./panel.ts";
import { decodeProbe, probeForm, type Probe } from "./probe.ts";

const HELP =
  "Arrow keys follow the wires, Enter opens or closes a cell, Escape clears, / searches, f fits, o shows the outline.";

export function lineage(props: Props): void {
  const w = mounted(props, "Session lineage");
  new Explorer(w, graphOf(decodeLineage(w.model.get("payload"))));
}

/** The reader's state and what each action does to it; every change ends in one redraw. */
class Explorer {
  private readonly open: Set<number>;
  private focus: readonly number[] | null = null;
  private direction: Direction;
  private selected: string | null = null;
  private lit: ReadonlySet<number> | null = null;
  private scene: Scene;
  private shown: Set<number>;
  private colours: Colours | null = null;
  private readonly insides: Insides = new Map();
  private waiting = false;
  private readonly camera: Camera = { k: 1, x: 0, y: 0 };
  private readonly canvas = h("canvas", { tabindex: 0, role: "application", "aria-label": `Drawing of the lineage. ${HELP}` });
  private readonly map = h("canvas", { class: "mini", "aria-hidden": "true" });
  private readonly view = h("div", { class: "view" }, this.canvas, this.map);
  private readonly side = h("aside", { class: "side", "aria-label": "Details", hidden: true });
  private readonly search = h("input", { type: "search", placeholder: "Find file, step, In [n]", "aria-label": "Find a file, an operation or a cell" });
  private readonly outline;
  private readonly directions;
  private found = { query: "", next: 0 };

  constructor(private readonly w: Mounted, private readonly g: Graph) {
    const p = g.payload;
    this.open = new Set(this.cellsNumbered(w.model.get("expanded")));
    this.direction = p.direction;
    this.focus = p.focus === null ? null : [p.focus];
    this.shown = visible(g, this.focus, this.direction);
    this.scene = sceneOf(g, this.shown, this.open);
    this.outline = outlineOf(g, { select: (key) => this.goTo(key), toggle: (cell) => this.toggle(cell) });
    this.directions = choice<Direction>("Show of the selection", DIRECTIONS, this.direction, (d) => this.narrow(d));
    this.build();
    this.listen();
    w.onSight((colours, first) => this.sight(colours, first));
  }

  private build(): void {
    const { root, status } = this.w;
    root.classList.add("tall");
    const button = (text: string, act: () => void, extra = {}) => h("button", { type: "button", onclick: act, ...extra }, text);
    const shows = button("Outline", () => this.showOutline(), { "aria-pressed": "false", class: "outlines" });
    const bar = h(
      "div",
      { class: "bar", role: "toolbar", "aria-label": "Lineage tools" },
      this.search,
      this.directions,
      button("Fit", () => this.refit(true)),
      button("Collapse all", () => this.collapse()),
      shows,
      probeForm(this.w, this.g.payload, (probe) => this.probe(probe)),
      downloads(this.w),
    );
    root.append(bar, h("div", { class: "main" }, this.outline.element, this.view, this.side), status);
  }

  private listen(): void {
    const { signal } = this.w;
    this.canvas.addEventListener("keydown", (e) => this.key(e), { signal });
    this.search.addEventListener("keydown", (e) => e.key === "Enter" && this.find(this.search.value), { signal });
    follow(this.canvas, this.camera, signal, {
      redraw: () => this.redraw(),
      click: (x, y) => this.click(x, y),
      doubleClick: (x, y) => this.doubleClick(x, y),
      hover: (x, y) => this.hit(x, y) !== undefined,
      focused: () => (this.canvas.getRootNode() as ShadowRoot).activeElement === this.canvas,
    });
    this.w.on("probe", () => this.probe(decodeProbe(this.w.model.get("probe"), "probe")));
    Object.assign(this.w.root, { tp: this.forTests() });
  }

  private sight(colours: Colours, first: boolean): void {
    this.colours = colours;
    if (first) {
      this.grow();
      this.refit(false);
      this.outline.draw(this.shown, this.open, this.selected);
      const focus = this.focus?.[0];
      if (focus !== undefined) this.select(this.boxWith(focus)?.key ?? null, false);
      else this.say();
      if (this.w.model.get("probe")) this.probe(decodeProbe(this.w.model.get("probe"), "probe"));
    }
    this.redraw();
  }

  private redraw(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      const [width, height] = [this.view.clientWidth, this.view.clientHeight];
      if (!this.colours || !width) return;
      paint(this.canvas, this.scene, this.camera, { colours: this.colours, selected: this.selected, lit: this.lit });
      paintMap(this.map, this.scene, this.camera, this.colours, width, height);
    });
  }

  /** As high as the drawing needs, at most as high as Python says; it never shrinks. */
  private grow(): void {
    const { root, model } = this.w;
    const around = root.offsetHeight - this.view.clientHeight;
    const needed = Math.max(LOWEST, Math.min(this.scene.height + 64 + around, model.get("height")));
    if (needed > root.offsetHeight || !root.style.height) root.style.height = `${needed}px`;
  }

  /** Moves the drawing just enough that a card is inside the window. */
  private reveal(box: Box): void {
    const [w, h] = [this.view.clientWidth, this.view.clientHeight];
    const { k, x, y } = this.camera;
    const [left, right] = [(box.x - box.w / 2) * k + x, (box.x + box.w / 2) * k + x];
    const [top, bottom] = [(box.y - box.h / 2) * k + y, (box.y + box.h / 2) * k + y];
    this.camera.x += left < 8 ? 8 - left : right > w - 8 ? Math.max(w - 8 - right, 8 - left) : 0;
    this.camera.y += top < 8 ? 8 - top : bottom > h - 8 ? Math.max(h - 8 - bottom, 8 - top) : 0;
  }

  private relayout(): void {
    this.scene = sceneOf(this.g, this.shown, this.open, this.insides);
    this.grow();
    this.redraw();
  }

  private refocus(): void {
    this.shown = visible(this.g, this.focus, this.direction);
    this.insides.clear();
    this.relayout();
    this.outline.draw(this.shown, this.open, this.selected);
  }

  private refit(whole: boolean): void {
    fit(this.camera, this.scene, this.view.clientWidth, this.view.clientHeight, whole);
    this.redraw();
  }

  private select(key: string | null, tell = true): void {
    this.selected = key;
    const box = this.boxes().find((b) => b.key === key);
    this.side.hidden = !box;
    if (box) {
      const up = reached(box.members, this.g.parents);
      this.lit = new Set([...up, ...reached(box.members, this.g.children)]);
      this.side.replaceChildren(...panel(this.g, box, this.open.has(box.cell), this.panelActions));
      const down = this.lit.size - up.size;
      this.w.status.textContent = `${box.title}: ${whole(up.size - box.members.length)} upstream, ${whole(down)} downstream`;
      this.reveal(box);
    } else {
      this.lit = null;
      this.say();
    }
    if (tell) this.w.tell("picked", box ? at(this.g.payload.nodes.id, box.members.at(-1)!) : -1);
    this.outline.draw(this.shown, this.open, this.selected);
    this.redraw();
  }

  private readonly panelActions = {
    select: (key: string) => this.goTo(key),
    toggle: (cell: number) => this.toggle(cell),
    goToCell: (number: number) => goToCell(number, this.w.status),
  };

  /** Selects a card or operation wherever it is: leaves the focus and opens its cell if needed. */
  private goTo(key: string): void {
    const node = key.startsWith("n") ? Number(key.slice(1)) : null;
    if (node !== null && !this.shown.has(node)) this.clearFocus();
    const cell = node === null ? -1 : at(this.g.payload.nodes.cell, node);
    if (cell >= 0 && !this.open.has(cell)) this.toggle(cell);
    this.select(key);
    const box = this.boxes().find((b) => b.key === key);
    if (box) this.reveal(box);
  }

  private toggle(cell: number): void {
    const key = `c${cell}`;
    const before = this.boxes().find((b) => b.key === key);
    if (!this.open.delete(cell)) this.open.add(cell);
    this.relayout();
    this.select(key);
    const after = this.boxes().find((b) => b.key === key);
    if (before && after) keepPlace(this.camera, before, after);
    if (after) this.reveal(after);
    this.tellOpen();
  }

  private collapse(): void {
    this.open.clear();
    this.relayout();
    this.select(this.boxes().some((b) => b.key === this.selected) ? this.selected : null);
    this.refit(false);
    this.tellOpen();
  }

  private tellOpen(): void {
    this.w.tell("expanded", [...this.open].map((cell) => at(this.g.payload.cells, cell).number));
  }

  /** "Upstream" and "Downstream" hide the rest; "Both" with nothing focused shows the session. */
  private narrow(direction: Direction): void {
    const box = this.boxes().find((b) => b.key === this.selected);
    this.direction = direction;
    this.focus = direction === "both" ? null : (this.focus ?? box?.members ?? null);
    if (direction !== "both" && !this.focus) {
      this.clearFocus();
      this.w.status.textContent = "Select a card first, then choose upstream or downstream.";
      return;
    }
    this.refocus();
    this.refit(false);
    this.say();
  }

  private clearFocus(): void {
    this.focus = null;
    this.direction = "both";
    this.directions.set("both");
    this.refocus();
  }

  private probe(probe: Probe | null): void {
    if (!probe) return;
    const place = new Map(this.g.payload.nodes.id.map((id, k) => [id, k]));
    const nodes = probe.nodes.flatMap((id) => place.get(id) ?? []);
    const source = this.g.payload.sources.find((s) => s.name === probe.source);
    this.clearFocus();
    this.select(null, false);
    this.lit = new Set(source ? [source.node, ...nodes] : nodes);
    const reachedSteps = nodes.filter((k) => k !== source?.node).length;
    this.w.status.textContent = `Record ${whole(probe.row)} of ${probe.source} goes through ${counted(reachedSteps, "operation")}.`;
    this.redraw();
  }

  private find(query: string): void {
    const wanted = query.trim().toLowerCase();
    if (!wanted) return;
    const { nodes, cells } = this.g.payload;
    const hits = [
      ...cells.flatMap((c, k) => (`in [${c.number}] ${c.names}`.toLowerCase().includes(wanted) ? [`c${k}`] : [])),
      ...nodes.id.flatMap((_, k) => (stepText(this.g, k).toLowerCase().includes(wanted) ? [`n${k}`] : [])),
    ];
    if (this.found.query !== wanted) this.found = { query: wanted, next: 0 };
    const hit = hits[this.found.next % (hits.length || 1)];
    if (!hit) {
      this.w.status.textContent = `Nothing is called "${query}".`;
      return;
    }
    this.goTo(hit);
    this.w.status.textContent = `${(this.found.next % hits.length) + 1} of ${hits.length} found`;
    this.found.next += 1;
  }

  private key(e: KeyboardEvent): void {
    const acts: Readonly<Record<string, () => void>> = {
      ArrowRight: () => this.along(1),
      ArrowLeft: () => this.along(-1),
      ArrowDown: () => this.beside(1),
      ArrowUp: () => this.beside(-1),
      Enter: () => this.enter(),
      Escape: () => this.select(null),
      "/": () => this.search.focus(),
      "?": () => (this.w.status.textContent = HELP),
      f: () => this.refit(true),
      o: () => this.showOutline(),
    };
    const act = acts[e.key];
    if (!act || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  }

  private enter(): void {
    const box = this.boxes().find((b) => b.key === this.selected);
    if (box && box.cell >= 0) this.toggle(box.cell);
  }

  private along(step: 1 | -1): void {
    const here = this.scene.boxes.findIndex((b) => b.key === this.selected);
    const wire = this.scene.wires.find((x) => (step > 0 ? x.start : x.end) === here);
    const to = here < 0 ? this.scene.boxes.at(-1) : wire && at(this.scene.boxes, step > 0 ? wire.end : wire.start);
    if (to) this.goTo(to.key);
  }

  private beside(step: 1 | -1): void {
    const here = this.scene.boxes.find((b) => b.key === this.selected);
    if (!here) return this.along(-1);
    const distance = (b: Box) => (b.y - here.y) * step + Math.abs(b.x - here.x) * 3;
    const ahead = this.scene.boxes.filter((b) => (b.y - here.y) * step > 1);
    const to = ahead.reduce<Box | null>((best, b) => (best && distance(best) <= distance(b) ? best : b), null);
    if (to) this.goTo(to.key);
  }

  private click(x: number, y: number): void {
    const box = this.hit(x, y);
    if (box && this.scene.frames.includes(box)) this.toggle(box.cell);
    else if (box?.kind === "cell" && x < box.x - box.w / 2 + 26) this.toggle(box.cell);
    else this.select(box?.key ?? null);
  }

  private doubleClick(x: number, y: number): void {
    const box = this.hit(x, y);
    if (box?.kind === "cell" && !this.open.has(box.cell)) this.toggle(box.cell);
  }

  private hit(x: number, y: number): Box | undefined {
    const inside = (b: Box) => Math.abs(b.x - x) <= b.w / 2 && Math.abs(b.y - y) <= b.h / 2;
    return this.scene.boxes.find(inside) ?? this.scene.frames.find((f) => inside(f) && y < f.y - f.h / 2 + 30);
  }

  private showOutline(): void {
    const button = this.w.root.querySelector(".outlines");
    const visible = button?.getAttribute("aria-pressed") !== "true";
    button?.setAttribute("aria-pressed", String(visible));
    this.outline.show(visible);
    requestAnimationFrame(() => this.refit(false));
  }

  private boxes(): readonly Box[] {
    return [...this.scene.boxes, ...this.scene.frames];
  }

  private boxWith(node: number): Box | undefined {
    return this.scene.boxes.find((b) => b.members.includes(node));
  }

  private cellsNumbered(numbers: readonly number[]): number[] {
    return this.g.payload.cells.flatMap((c, k) => (numbers.includes(c.number) ? [k] : []));
  }

  private say(): void {
    const { cells, nodes, sources, omitted } = this.g.payload;
    const operations = nodes.cell.filter((c) => c >= 0).length;
    const rest = omitted ? `, ${whole(omitted)} earlier ones not shown` : "";
    const hidden = this.shown.size < nodes.id.length ? `, ${whole(this.shown.size)} steps in focus` : "";
    this.w.status.textContent = `${counted(sources.length, "source")}, ${counted(cells.length, "cell")}, ${counted(operations, "operation")}${rest}${hidden}`;
  }

  /** Where a card is on the page: canvases have no elements that a test could click. */
  private forTests() {
    return {
      keys: () => this.boxes().map((b) => b.key),
      lit: () => (this.lit ? [...this.lit] : null),
      screen: (key: string) => {
        const b = this.boxes().find((x) => x.key === key);
        const r = this.canvas.getBoundingClientRect();
        return b ? [r.left + b.x * this.camera.k + this.camera.x, r.top + b.y * this.camera.k + this.camera.y] : null;
      },
    };
  }
}

const LOWEST = 320; // pixels; the details need them, the drawing may not

const DIRECTIONS = [
  ["both", "All"],
  ["up", "Upstream"],
  ["down", "Downstream"],
] as const;

/** JupyterLab and Notebook show execution counts as prompts; elsewhere this says so. */
function goToCell(number: number, status: HTMLElement): void {
  const prompts = [...document.querySelectorAll<HTMLElement>(".jp-InputPrompt")];
  const prompt = prompts.find((p) => p.textContent?.trim() === `[${number}]:`);
  if (prompt) prompt.scrollIntoView({ block: "center" });
  else status.textContent = `In [${number}] is not on this page.`;
}
