/** What each widget sends to the browser: a request to the one runtime that carries the rest. */
import type { RenderProps } from "@anywidget/types";

import type { State } from "./kit/mount.ts";
import type { Runtime } from "./runtime.ts";

async function render({ model, el, signal, host, experimental }: RenderProps<State>): Promise<void> {
  const ref = model.get("_rt");
  if (!ref) throw new Error("this widget has no runtime; run the cell again");
  let last: AbortController | undefined;
  const mount = async () => {
    last?.abort();
    last = new AbortController();
    const { exports } = await host.getWidget<Runtime>(ref);
    exports.mount({ model, el, signal: AbortSignal.any([signal, last.signal]), experimental });
  };
  const runtime = await host.getModel(ref);
  const again = () => setTimeout(mount, 60);
  runtime.on("change:_esm", again);
  signal.addEventListener("abort", () => runtime.off("change:_esm", again));
  await mount();
}

export default { render };
