/** Which part of the drawing the canvas shows, and how large; moved by the pointer. */
import type { Box, Scene } from "../../layout/cards.ts";

const PAD = 16;

export interface Camera {
  k: number;
  x: number;
  y: number;
}

/** The whole drawing where it stays readable, else its newest part at a readable size. */
export function fit(camera: Camera, scene: Scene, w: number, h: number, whole: boolean): void {
  const all = Math.min((w - 2 * PAD) / (scene.width || 1), (h - 2 * PAD) / (scene.height || 1));
  camera.k = Math.min(1.1, whole ? Math.max(all, 0.02) : Math.max(all, 0.62));
  const [dw, dh] = [scene.width * camera.k, scene.height * camera.k];
  camera.x = dw <= w - 2 * PAD ? (w - dw) / 2 : w - PAD - dw;
  const newest = scene.boxes.at(-1)?.y ?? 0;
  camera.y = dh <= h - 2 * PAD ? (h - dh) / 2 : h / 2 - newest * camera.k;
}

/** After a new layout a card stays where the reader saw it: its top left corner does not move. */
export function keepPlace(camera: Camera, before: Box, after: Box): void {
  camera.x += (before.x - before.w / 2 - (after.x - after.w / 2)) * camera.k;
  camera.y += (before.y - before.h / 2 - (after.y - after.h / 2)) * camera.k;
}

export interface PointerActions {
  readonly redraw: () => void;
  readonly click: (x: number, y: number) => void;
  readonly doubleClick: (x: number, y: number) => void;
  readonly hover: (x: number, y: number) => boolean;
  readonly focused: () => boolean;
}

/** Drag to pan; wheel to zoom, but only with Ctrl or Cmd or the focus, so that the page scrolls. */
export function follow(canvas: HTMLCanvasElement, camera: Camera, signal: AbortSignal, act: PointerActions): void {
  let drag: { x: number; y: number; moved: boolean } | null = null;
  const at = (e: MouseEvent): [number, number] => {
    const r = canvas.getBoundingClientRect();
    return [(e.clientX - r.left - camera.x) / camera.k, (e.clientY - r.top - camera.y) / camera.k];
  };
  const down = (e: PointerEvent) => {
    drag = { x: e.clientX, y: e.clientY, moved: false };
    canvas.setPointerCapture(e.pointerId);
  };
  const move = (e: PointerEvent) => {
    if (!drag) {
      canvas.style.cursor = act.hover(...at(e)) ? "pointer" : "grab";
      return;
    }
    if (!drag.moved && Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < 4) return;
    camera.x += e.clientX - drag.x;
    camera.y += e.clientY - drag.y;
    drag = { x: e.clientX, y: e.clientY, moved: true };
    act.redraw();
  };
  const up = (e: PointerEvent) => {
    if (drag && !drag.moved) act.click(...at(e));
    drag = null;
  };
  const wheel = (e: WheelEvent) => {
    if (!(e.ctrlKey || e.metaKey || act.focused())) return;
    e.preventDefault();
    const r = canvas.getBoundingClientRect();
    const f = Math.min(3, Math.max(0.02, camera.k * Math.exp(-e.deltaY * 0.0015))) / camera.k;
    const [px, py] = [e.clientX - r.left, e.clientY - r.top];
    Object.assign(camera, { k: camera.k * f, x: px - (px - camera.x) * f, y: py - (py - camera.y) * f });
    act.redraw();
  };
  canvas.addEventListener("pointerdown", down, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  canvas.addEventListener("pointerup", up, { signal });
  canvas.addEventListener("pointercancel", () => (drag = null), { signal });
  canvas.addEventListener("dblclick", (e) => act.doubleClick(...at(e)), { signal });
  canvas.addEventListener("wheel", wheel, { signal, passive: false });
}
