/** An evidence record: sections, fields in one of six states, and its files to take away. */
import { h, type Child } from "../kit/dom.ts";
import { downloads } from "../kit/download.ts";
import { clipped, counted } from "../kit/format.ts";
import { mounted, type Props } from "../kit/mount.ts";
import { decodeRecord, STATES, type EvidenceRecord, type RecordField, type State } from "../payloads/record.ts";

const SIGNS: Readonly<Record<State, string>> = {
  established: "✓",
  stated: "“",
  partial: "◐",
  not_established: "–",
  not_applicable: "∅",
  contradicted: "✗",
};

export function record(props: Props): void {
  const w = mounted(props, "Evidence record");
  const p = decodeRecord(w.model.get("payload"));
  const fields = h("div", { class: "fields", tabindex: 0, role: "region", "aria-label": "Fields" });
  const nav = h("nav", { class: "nav", "aria-label": "Sections" });
  const only = new Set<State>();
  let section = 0;
  const draw = () => {
    nav.replaceChildren(...p.sections.map((_, k) => sectionButton(p, k, k === section, () => ((section = k), draw(), (fields.scrollTop = 0)))));
    const shown = only.size ? p.sections.flatMap((s) => s.fields) : (p.sections[section]?.fields ?? []);
    const kept = shown.filter((f) => !only.size || only.has(f.state));
    const title = only.size ? `Fields that are ${[...only].map(words).join(" or ")}` : (p.sections[section]?.title ?? "Nothing on record");
    fields.replaceChildren(h("h3", {}, title), ...kept.map(fieldOf));
    w.status.textContent = counted(kept.length, "field");
  };
  const states = STATES.filter((s) => p.counts[s]).map((s) => {
    const button = h("button", { type: "button", "aria-pressed": "false", "data-state": s }, `${SIGNS[s]} ${p.counts[s]} ${words(s)}`);
    button.addEventListener("click", () => {
      if (!only.delete(s)) only.add(s);
      button.setAttribute("aria-pressed", String(only.has(s)));
      draw();
    });
    return button;
  });
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": "States and downloads" }, ...states, downloads(w));
  const origin: Child[] = [p.generated_at, p.digest && h("code", { title: p.digest }, ` ${clipped(p.digest, 26)}`)];
  const head = h("div", { class: "pad" }, h("h3", {}, `Evidence record: ${words(p.kind)}`), h("div", { class: "quiet" }, ...origin));
  w.root.append(head, bar, h("div", { class: "main" }, nav, fields), w.status);
  draw();
  w.onSight(() => undefined);
}

const words = (name: string): string => name.replaceAll("_", " ");

function sectionButton(p: EvidenceRecord, k: number, current: boolean, act: () => void): HTMLElement {
  const s = p.sections[k]!;
  const good = s.fields.filter((f) => f.state === "established" || f.state === "stated").length;
  const wrong = s.fields.some((f) => f.state === "contradicted");
  const count = `${wrong ? "✗ " : ""}${good}/${s.fields.length}`;
  return h(
    "button",
    { type: "button", "aria-current": current ? "true" : null, "aria-pressed": String(current), title: `${good} of ${counted(s.fields.length, "field")} on record`, onclick: act },
    h("span", {}, s.title),
    h("span", { class: "quiet num" }, count),
  );
}

function fieldOf(f: RecordField): HTMLElement {
  const facts: [string, string][] = [
    ["check", f.check],
    ["missing", f.missing],
    ["stated by", f.stated_by],
    ["note", f.note],
    ["evidence", f.evidence.join(", ")],
    ["provisions", f.provisions.join(", ")],
  ];
  const known = facts.filter(([, text]) => text);
  return h(
    "div",
    { class: "field" },
    h("div", {}, h("b", {}, f.label), " ", h("span", { class: `state ${f.state}` }, `${SIGNS[f.state]} ${words(f.state)}`)),
    f.value && h("pre", {}, f.value),
    known.length > 0 && h("dl", {}, ...known.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
  );
}
