/** All widgets in one bundle: shared by the shims, or run by itself in hosts that know no shim. */
import { h } from "./kit/dom.ts";
import type { Props } from "./kit/mount.ts";
import { dress } from "./kit/theme.ts";
import { influence } from "./widgets/influence.ts";
import { lineage } from "./widgets/lineage/index.ts";
import { record } from "./widgets/record.ts";
import { unlearning } from "./widgets/unlearning.ts";
import { valuation } from "./widgets/valuation.ts";

const KINDS: Readonly<Record<string, (props: Props) => void>> = { influence, lineage, record, unlearning, valuation };

export interface Runtime {
  mount(props: Props): void;
}

/** Draws the widget, or says in its place what was wrong with what came from Python. */
function mount(props: Props): void {
  const kind = props.model.get("_kind");
  try {
    const widget = KINDS[kind];
    if (!widget) throw new Error(`there is no widget of kind ${kind}`);
    widget(props);
  } catch (error) {
    const shadow = props.el.shadowRoot ?? props.el.attachShadow({ mode: "open" });
    dress(shadow);
    const said = error instanceof Error ? error.message : String(error);
    shadow.replaceChildren(h("div", { class: "tp pad", role: "alert" }, `This ${kind} view could not be drawn. ${said}`));
  }
}

/** Inline mode: the bundle is the widget's own module. Older hosts give no signal. */
function render(props: Omit<Props, "signal"> & { readonly signal?: AbortSignal }): () => void {
  const end = new AbortController();
  if (props.model.get("_kind")) mount({ ...props, signal: props.signal ?? end.signal });
  return () => end.abort();
}

export default () => ({ initialize: (): Runtime => ({ mount }), render });
