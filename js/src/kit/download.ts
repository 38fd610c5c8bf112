/** Files made by the kernel, saved by the browser. */
import { h } from "./dom.ts";
import { strings, type Mounted } from "./mount.ts";
import { explained, waiting } from "./rpc.ts";

/** One button for each format that Python offers. */
export function downloads(w: Mounted): HTMLElement {
  const buttons = strings(w.model.get("formats")).map((format) =>
    h(
      "button",
      { type: "button", "data-format": format, onclick: () => void fetchAndSave(w, format) },
      `Download ${format.toUpperCase()}`,
    ),
  );
  return h("span", { class: "end" }, ...buttons);
}

async function fetchAndSave(w: Mounted, format: string): Promise<void> {
  const say = (text: string) => (w.status.textContent = text);
  try {
    const { value, buffers } = await waiting(say, `preparing ${format}`, w.ask("export", { format }));
    const { name, mime } = value as { name: string; mime: string };
    const bytes = buffers[0];
    if (!bytes) throw new Error("the kernel sent an empty file");
    save(new Blob([bytes as DataView<ArrayBuffer>], { type: mime }), name);
    say(`saved ${name}`);
  } catch (error) {
    say(explained(error));
  }
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
