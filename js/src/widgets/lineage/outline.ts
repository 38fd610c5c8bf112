/** The drawing as a tree of words: for screen readers always, for everyone behind a button. */
import { counted } from "../../kit/format.ts";
import { h } from "../../kit/dom.ts";
import { cellTitle, stepText } from "../../layout/cards.ts";
import { reached, type Graph } from "../../layout/graph.ts";
import { at } from "../../layout/layered.ts";
import { STATUS } from "../../payloads/lineage.ts";

const MOST = 400; // operations listed of one cell; the drawing has them all

export interface OutlineActions {
  readonly select: (key: string) => void;
  readonly toggle: (cell: number) => void;
}

export interface Outline {
  readonly element: HTMLElement;
  draw(shown: ReadonlySet<number>, open: ReadonlySet<number>, selected: string | null): void;
  show(visible: boolean): void;
}

export function outlineOf(g: Graph, act: OutlineActions): Outline {
  const tree = h("div", { role: "tree", "aria-label": "Lineage as a list" });
  const element = h("div", { class: "outline seen-by-readers" }, tree);
  let seen = false;
  const items = () => [...tree.querySelectorAll<HTMLElement>('[role="treeitem"]')];
  const rove = (to: HTMLElement | undefined, focus: boolean) => {
    for (const item of items()) item.tabIndex = seen && item === to ? 0 : -1;
    if (focus) to?.focus();
  };
  tree.addEventListener("keydown", (e) => {
    const all = items();
    const here = all.indexOf(e.target as HTMLElement);
    const item = all[here];
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -here, End: all.length - 1 - here }[e.key];
    if (step !== undefined) rove(all[here + step] ?? item, true);
    else if (e.key === "Enter" || e.key === " ") item?.click();
    else if (e.key === "ArrowRight" && item?.getAttribute("aria-expanded") === "false") act.toggle(Number(item.dataset["cell"]));
    else if (e.key === "ArrowLeft" && item?.getAttribute("aria-expanded") === "true") act.toggle(Number(item.dataset["cell"]));
    else return;
    e.preventDefault();
  });
  return {
    element,
    draw(shown, open, selected) {
      const key = (tree.querySelector<HTMLElement>('[tabindex="0"]') ?? tree.querySelector<HTMLElement>(":focus"))?.dataset["key"];
      const focused = tree.contains((tree.getRootNode() as ShadowRoot).activeElement);
      tree.replaceChildren(...entries(g, shown, open, selected, act));
      const all = items();
      rove(all.find((i) => i.dataset["key"] === key) ?? all[0], focused);
    },
    show(visible) {
      seen = visible;
      element.classList.toggle("seen-by-readers", !visible);
      rove(items()[0], visible);
    },
  };
}

function entries(
  g: Graph,
  shown: ReadonlySet<number>,
  open: ReadonlySet<number>,
  selected: string | null,
  act: OutlineActions,
): HTMLElement[] {
  const { nodes } = g.payload;
  const members: number[][] = g.payload.cells.map(() => []);
  const out: HTMLElement[] = [];
  for (const node of shown) {
    const cell = at(nodes.cell, node);
    if (cell >= 0) at(members, cell).push(node);
    else out.push(item(`n${node}`, `Source ${stepText(g, node)}, ${counted(at(nodes.rows, node), "row")}`, 1));
  }
  members.forEach((inside, cell) => {
    if (!inside.length) return;
    const entry = item(`c${cell}`, `${cellTitle(g, cell, inside.at(-1)!)}, ${counted(inside.length, "operation")}${flow(g, inside)}`, 1);
    entry.setAttribute("aria-expanded", String(open.has(cell)));
    entry.dataset["cell"] = String(cell);
    out.push(entry);
    if (!open.has(cell)) return;
    for (const node of inside.slice(0, MOST)) {
      const status = STATUS[at(nodes.status, node)];
      out.push(item(`n${node}`, `${stepText(g, node)}, ${counted(at(nodes.rows, node), "row")}, ${status}`, 2));
    }
  });
  return out;

  function item(key: string, text: string, level: number): HTMLElement {
    const attributes = { role: "treeitem", "aria-level": level, "aria-selected": String(key === selected), "data-key": key };
    return h("div", { ...attributes, tabindex: -1, onclick: () => act.select(key) }, text);
  }
}

function flow(g: Graph, members: readonly number[]): string {
  if (g.payload.nodes.id.length > 2000) return "";
  const up = reached(members, g.parents).size - members.length;
  const down = reached(members, g.children).size - members.length;
  return `, ${up} upstream, ${down} downstream`;
}
