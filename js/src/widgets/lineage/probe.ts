/** Lights the operations that one record of one source went through; the kernel knows them. */
import { h } from "../../kit/dom.ts";
import type { Mounted } from "../../kit/mount.ts";
import { explained, waiting } from "../../kit/rpc.ts";
import { list, number, orNull, record, text } from "../../payloads/decode.ts";
import type { Lineage } from "../../payloads/lineage.ts";

export interface Probe {
  readonly source: string;
  readonly row: number;
  /** Graph ids of the operations that the record reached. */
  readonly nodes: readonly number[];
}

export const decodeProbe = orNull(record<Probe>({ source: text, row: number, nodes: list(number) }));

export function probeForm(w: Mounted, p: Lineage, lit: (probe: Probe | null) => void): HTMLElement | null {
  if (!w.can("locate") || !p.sources.length) return null;
  const source = h("select", { "aria-label": "Source of the record" }, ...p.sources.map((s) => h("option", {}, s.name)));
  const row = h("input", { type: "number", min: 0, step: 1, value: 0, "aria-label": "Record, counted from 0" });
  const say = (message: string) => (w.status.textContent = message);
  const ask = async () => {
    const asked = { source: source.value, row: Number(row.value) };
    try {
      const { value } = await waiting(say, `looking for record ${asked.row}`, w.ask("locate", asked));
      lit({ ...asked, nodes: list(number)(value, "locate") });
    } catch (error) {
      say(explained(error));
    }
  };
  const submit = (e: SubmitEvent) => (e.preventDefault(), void ask());
  return h("form", { class: "bar-part", onsubmit: submit }, source, " record ", row, " ", h("button", { type: "submit" }, "Trace row"));
}
