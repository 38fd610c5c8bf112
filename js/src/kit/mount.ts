/** What every widget gets: the model, a root in a shadow tree, a signal that ends it, questions. */
import type { Experimental, RenderProps } from "@anywidget/types";

import { h } from "./dom.ts";
import { asker, type Ask } from "./rpc.ts";
import { colours, dress, onTheme, type Colours } from "./theme.ts";
import { replaceTwin } from "./twin.ts";

/** Each trait has one writer: Python those of the first group, the browser those of the second. */
export interface State {
  readonly payload: unknown;
  readonly probe: unknown;
  readonly commands: unknown;
  readonly formats: unknown;
  readonly progress: unknown;
  readonly _kind: string;
  readonly _rt: string | null;
  readonly _twin: string;
  height: number;
  picked: number;
  expanded: readonly number[];
}

export type Props = Pick<RenderProps<State>, "model" | "el" | "signal"> & { readonly experimental?: Experimental };

export interface Mounted {
  readonly model: Props["model"];
  readonly root: HTMLElement;
  readonly signal: AbortSignal;
  readonly status: HTMLElement;
  readonly ask: Ask;
  /** The kernel answers this question. */
  can(question: string): boolean;
  /** Hears Python's changes of a trait until the widget ends. */
  on(trait: keyof State, changed: () => void): void;
  /** Tells Python a choice of the reader. */
  tell<K extends "picked" | "expanded">(trait: K, value: State[K]): void;
  /** First called when the widget has a size and a theme, then at every change of either. */
  onSight(drawn: (colours: Colours, first: boolean) => void): void;
}

export function mounted({ model, el, signal, experimental }: Props, label: string): Mounted {
  const shadow = el.shadowRoot ?? el.attachShadow({ mode: "open" });
  dress(shadow);
  el.dataset["lmSuppressShortcuts"] = "true"; // arrows and Enter are ours while the focus is inside
  const status = h("div", { class: "status", role: "status", "aria-live": "polite" });
  const root = h("div", { class: "tp", role: "region", "aria-label": label });
  shadow.replaceChildren(root);
  const commands = strings(model.get("commands"));
  const on: Mounted["on"] = (trait, changed) => {
    model.on(`change:${trait}`, changed);
    signal.addEventListener("abort", () => model.off(`change:${trait}`, changed));
  };
  return {
    model, root, signal, status, on,
    ask: asker(experimental, signal),
    can: (question) => commands.includes(question),
    tell(trait, value) {
      model.set(trait, value);
      model.save_changes();
    },
    onSight: (drawn) => watchSight(el, root, signal, model.get("_twin"), drawn),
  };
}

export function strings(x: unknown): readonly string[] {
  return Array.isArray(x) ? x.filter((s): s is string => typeof s === "string") : [];
}

/** render() runs before its element is in the page: nothing may be measured until it has a size. */
function watchSight(
  el: HTMLElement,
  root: HTMLElement,
  signal: AbortSignal,
  twin: string,
  drawn: (colours: Colours, first: boolean) => void,
): void {
  let first = true;
  const go = () => {
    if (!root.clientWidth) return;
    if (first) replaceTwin(el, twin, signal);
    drawn(colours(el, root), first);
    if (first) markReady(root);
    first = false;
  };
  const observer = new ResizeObserver(go);
  observer.observe(root);
  onTheme(signal, () => requestAnimationFrame(go));
  signal.addEventListener("abort", () => observer.disconnect());
}

/** Says to tests when the first picture stands: after two frames. */
function markReady(root: HTMLElement): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      root.dataset["painted"] = String(performance.timeOrigin + performance.now());
      root.dataset["ready"] = "1";
    }),
  );
}
