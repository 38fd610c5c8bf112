/** A bar to the right for a positive number and to the left for a negative one. */
import { h } from "./dom.ts";

export function balance(x: number, largest: number): HTMLElement {
  const wide = `width:${largest ? (100 * Math.abs(x)) / largest : 0}%`;
  const against = h("span", { class: "left" }, h("i", { class: "against", style: x < 0 ? wide : "width:0" }));
  return h("span", { class: "balance", "aria-hidden": "true" }, against, h("i", { class: "for", style: x > 0 ? wide : "width:0" }));
}
