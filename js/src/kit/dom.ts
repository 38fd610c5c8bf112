/** Elements from TypeScript: text only ever through text nodes, never through markup. */

export type Child = Node | string | null | false;
type Attribute = string | number | boolean | null | undefined | ((event: never) => void);
type Attributes = Readonly<Record<string, Attribute>>;

const SVG = "http://www.w3.org/2000/svg";

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement {
  return filled(document.createElementNS(SVG, tag) as SVGElement, attributes, children);
}

/** A group of buttons of which one is pressed; `choose` hears the new value. */
export function choice<T extends string>(
  label: string,
  values: readonly (readonly [T, string])[],
  first: T,
  choose: (value: T) => void,
): HTMLElement & { set(value: T): void } {
  const buttons = values.map(([value, name]) =>
    h("button", { type: "button", "data-value": value, onclick: () => (set(value), choose(value)) }, name),
  );
  const set = (value: T) => {
    for (const b of buttons) b.setAttribute("aria-pressed", String(b.dataset["value"] === value));
  };
  set(first);
  return Object.assign(h("span", { class: "choice", role: "group", "aria-label": label }, ...buttons), { set });
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((c): c is Node | string => c !== null && c !== false));
  return element;
}
