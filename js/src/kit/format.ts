/** Numbers and counts as the reader sees them, in one form everywhere. */

export const whole = (n: number): string => String(Math.trunc(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

export const counted = (n: number, noun: string): string => `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;

/** Four significant digits, without an exponent where that stays readable. */
export function short(x: number): string {
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e-4 && size < 1e6) return String(Number(x.toPrecision(4)));
  return x.toExponential(2);
}

export const signed = (x: number): string => (x > 0 ? "+" : "") + short(x).replaceAll("-", "−");

export const seconds = (s: number): string => (s < 0.1 ? `${Math.round(s * 1000)} ms` : `${short(Number(s.toPrecision(2)))} s`);

export function clipped(text: string, longest: number): string {
  const letters = [...text];
  return letters.length <= longest ? text : letters.slice(0, longest - 1).join("") + "…";
}
