/** The static twin stands in the output before the widget; it steps aside while the widget lives. */

export function replaceTwin(el: HTMLElement, id: string, signal: AbortSignal): void {
  if (!id) return;
  const area = el.closest(".jp-OutputArea, .output_area, .cell-output, marimo-output") ?? el.parentElement;
  const before = [...(area?.querySelectorAll<HTMLElement>(`[data-tp-static="${CSS.escape(id)}"]`) ?? [])].filter(
    (twin) => !twin.hidden && twin.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const twin = before.at(-1);
  const box = twin?.closest<HTMLElement>(".jp-OutputArea-child") ?? twin;
  if (!twin || !box) return;
  twin.hidden = true;
  box.style.display = "none";
  signal.addEventListener("abort", () => {
    twin.hidden = false;
    box.style.removeProperty("display");
  });
}
