/** The host's colours: one shared style sheet, and the same tokens resolved for canvases. */
import css from "./theme.css";

let sheet: CSSStyleSheet | undefined;

/** Colours by token name, as a canvas accepts them. */
export type Colours = Readonly<Record<(typeof TOKENS)[number], string>> & { readonly font: string };

const TOKENS = ["bg", "fg", "fg2", "line", "line2", "soft", "accent", "src", "against"] as const;

export function dress(root: ShadowRoot): void {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  root.adoptedStyleSheets = [sheet];
}

/** Marks the host as dark where its background is, and reads the tokens. */
export function colours(host: HTMLElement, root: HTMLElement): Colours {
  host.toggleAttribute("data-dark", luminance(getComputedStyle(root).backgroundColor) < 0.4);
  const probe = document.createElement("span");
  root.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const read_all = Object.fromEntries(TOKENS.map((t) => [t, read(t)])) as Record<(typeof TOKENS)[number], string>;
  probe.remove();
  return { ...read_all, font: getComputedStyle(root).fontFamily };
}

/** Calls back when the host changes its theme, until the signal ends. */
export function onTheme(signal: AbortSignal, changed: () => void): void {
  const observer = new MutationObserver(changed);
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "class", "theme", "data-vscode-theme-kind"];
  for (const node of [document.body, document.documentElement]) observer.observe(node, { attributes: true, attributeFilter });
  signal.addEventListener("abort", () => observer.disconnect());
}

function luminance(colour: string): number {
  const [r = 255, g = 255, b = 255] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}
