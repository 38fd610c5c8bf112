/** Draws a scene on a canvas, and the small map of it. */
import type { Colours } from "../../kit/theme.ts";
import type { Box, Scene, Wire } from "../../layout/cards.ts";
import { at } from "../../layout/layered.ts";
import type { Camera } from "./camera.ts";

export const SIGNS = ["", "*", "≈", "?"] as const;

export interface Look {
  readonly colours: Colours;
  readonly selected: string | null;
  /** Nodes that are lit; everything else is dimmed. Null lights all. */
  readonly lit: ReadonlySet<number> | null;
}

type Canvas = CanvasRenderingContext2D;

interface Window {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function paint(canvas: HTMLCanvasElement, scene: Scene, camera: Camera, look: Look): void {
  const [c, w, h] = sized(canvas);
  c.fillStyle = look.colours.bg;
  c.fillRect(0, 0, w, h);
  const ratio = devicePixelRatio || 1;
  c.setTransform(ratio * camera.k, 0, 0, ratio * camera.k, ratio * camera.x, ratio * camera.y);
  c.textBaseline = "middle";
  const seen = windowOf(camera, w, h);
  const near = camera.k > 0.3;
  for (const frame of scene.frames) if (inWindow(frame, seen)) paintFrame(c, frame, look, near);
  for (const bright of [false, true]) {
    for (const wire of scene.wires) if (isLit(scene, wire, look) === bright) paintWire(c, scene, wire, bright, look, seen);
  }
  for (const box of scene.boxes) if (inWindow(box, seen)) paintBox(c, box, look, near);
  c.globalAlpha = 1;
}

/** Shows the map only where the drawing does not fit the window. */
export function paintMap(map: HTMLCanvasElement, scene: Scene, camera: Camera, colours: Colours, w: number, h: number): void {
  const larger = scene.width * camera.k > w || scene.height * camera.k > h;
  map.style.display = larger ? "block" : "none";
  if (!larger) return;
  const [c, mw, mh] = sized(map);
  const s = Math.min((mw - 12) / scene.width, (mh - 12) / scene.height);
  const [ox, oy] = [(mw - scene.width * s) / 2, (mh - scene.height * s) / 2];
  c.clearRect(0, 0, mw, mh);
  for (const b of scene.boxes) {
    c.fillStyle = b.kind === "source" ? colours.src : colours.line;
    c.fillRect(ox + (b.x - b.w / 2) * s, oy + (b.y - b.h / 2) * s, Math.max(1.5, b.w * s), Math.max(1.5, b.h * s));
  }
  const seen = windowOf(camera, w, h);
  c.strokeStyle = colours.accent;
  c.lineWidth = 1.5;
  c.strokeRect(ox + seen.left * s, oy + seen.top * s, (seen.right - seen.left) * s, (seen.bottom - seen.top) * s);
}

function sized(canvas: HTMLCanvasElement): [Canvas, number, number] {
  const c = canvas.getContext("2d");
  if (!c) throw new Error("this browser has no canvas");
  const ratio = devicePixelRatio || 1;
  const [w, h] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  return [c, w, h];
}

function windowOf(camera: Camera, w: number, h: number): Window {
  return { left: -camera.x / camera.k, right: (w - camera.x) / camera.k, top: -camera.y / camera.k, bottom: (h - camera.y) / camera.k };
}

function inWindow(b: Box, v: Window): boolean {
  return b.x + b.w / 2 > v.left && b.x - b.w / 2 < v.right && b.y + b.h / 2 > v.top && b.y - b.h / 2 < v.bottom;
}

function lights(box: Box, look: Look): boolean {
  return !look.lit || box.members.some((m) => look.lit?.has(m));
}

function isLit(scene: Scene, wire: Wire, look: Look): boolean {
  return lights(at(scene.boxes, wire.start), look) && lights(at(scene.boxes, wire.end), look);
}

function paintFrame(c: Canvas, f: Box, look: Look, near: boolean): void {
  const { colours } = look;
  c.globalAlpha = 1;
  c.fillStyle = colours.soft;
  c.strokeStyle = look.selected === f.key ? colours.accent : colours.line;
  c.lineWidth = look.selected === f.key ? 2 : 1;
  rounded(c, f);
  c.fill();
  c.stroke();
  if (near) write(c, `▾ ${f.title}`, f.x - f.w / 2 + 12, f.y - f.h / 2 + 16, f.w - 24, `600 12px ${colours.font}`, colours.fg);
}

function paintWire(c: Canvas, scene: Scene, wire: Wire, lit: boolean, look: Look, v: Window): void {
  const [a, b] = [at(scene.boxes, wire.start), at(scene.boxes, wire.end)];
  const xs = [a.x, b.x];
  if (Math.max(...xs) + a.w < v.left || Math.min(...xs) - b.w > v.right) return;
  c.globalAlpha = look.lit && !lit ? 0.25 : 1;
  c.strokeStyle = look.lit && lit ? look.colours.accent : look.colours.line;
  c.lineWidth = Math.min(5, 1 + Math.log2(wire.count));
  c.setLineDash(wire.context ? [4, 4] : []);
  let [x, y] = [a.x + a.w / 2, a.y];
  c.beginPath();
  c.moveTo(x, y);
  for (const [nx, ny] of [...wire.bends, [b.x - b.w / 2, b.y] as const]) {
    const bow = (nx - x) / 2;
    c.bezierCurveTo(x + bow, y, nx - bow, ny, nx, ny);
    [x, y] = [nx, ny];
  }
  c.stroke();
  c.setLineDash([]);
}

function paintBox(c: Canvas, b: Box, look: Look, near: boolean): void {
  const { colours } = look;
  const [x, y] = [b.x - b.w / 2, b.y - b.h / 2];
  const chosen = look.selected === b.key;
  c.globalAlpha = lights(b, look) ? 1 : 0.35;
  c.fillStyle = colours.bg;
  rounded(c, b);
  c.fill();
  c.fillStyle = b.kind === "source" ? colours.src : b.kind === "cell" ? colours.fg2 : colours.line;
  c.fillRect(x + 0.5, y + 1, 4, b.h - 2);
  c.strokeStyle = chosen ? colours.accent : colours.line;
  c.lineWidth = chosen ? 2 : 1;
  rounded(c, b);
  c.stroke();
  if (!near) return;
  const sign = SIGNS[b.status] ?? "";
  const room = b.w - (sign ? 32 : 16);
  const bold = b.kind === "operation" ? "" : "600 ";
  const marked = b.kind === "cell" ? `▸ ${b.title}` : b.title;
  write(c, marked, x + 12, b.detail ? y + 15 : b.y + 0.5, room, `${bold}12px ${colours.font}`, colours.fg);
  if (b.detail) write(c, b.detail, x + 12, y + 31, b.w - 18, `11px ${colours.font}`, colours.fg2);
  if (sign) write(c, sign, x + b.w - 16, b.detail ? y + 15 : b.y, 14, `700 14px ${colours.font}`, colours.against);
}

function rounded(c: Canvas, b: Box): void {
  c.beginPath();
  c.roundRect(b.x - b.w / 2, b.y - b.h / 2, b.w, b.h, 3);
}

function write(c: Canvas, text: string, x: number, y: number, room: number, font: string, colour: string): void {
  c.font = font;
  c.fillStyle = colour;
  let shown = text;
  if (c.measureText(text).width > room) {
    while (shown.length > 1 && c.measureText(`${shown}…`).width > room) shown = shown.slice(0, -1);
    shown += "…";
  }
  c.fillText(shown, x, y);
}
