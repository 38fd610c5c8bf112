/** Small decoders: unknown comes in, a readonly type goes out, an error names the place. */

export type Decoder<T> = (x: unknown, place: string) => T;

export function wrong(x: unknown, place: string, expected: string): TypeError {
  return new TypeError(`${place}: expected ${expected}, got ${JSON.stringify(x) ?? String(x)}`);
}

export const text: Decoder<string> = (x, place) => {
  if (typeof x === "string") return x;
  throw wrong(x, place, "a string");
};

export const number: Decoder<number> = (x, place) => {
  if (typeof x === "number" && Number.isFinite(x)) return x;
  throw wrong(x, place, "a number");
};

export const truth: Decoder<boolean> = (x, place) => {
  if (typeof x === "boolean") return x;
  throw wrong(x, place, "true or false");
};

export function orNull<T>(inner: Decoder<T>): Decoder<T | null> {
  return (x, place) => (x === null ? null : inner(x, place));
}

export function oneOf<T extends string>(...known: readonly T[]): Decoder<T> {
  return (x, place) => {
    const found = known.find((k) => k === x);
    if (found !== undefined) return found;
    throw wrong(x, place, `one of ${known.join(", ")}`);
  };
}

export function list<T>(inner: Decoder<T>): Decoder<readonly T[]> {
  return (x, place) => {
    if (!Array.isArray(x)) throw wrong(x, place, "a list");
    return x.map((item: unknown, i) => inner(item, `${place}[${i}]`));
  };
}

export function record<T extends object>(fields: { readonly [K in keyof T]: Decoder<T[K]> }): Decoder<T> {
  return (x, place) => {
    if (typeof x !== "object" || x === null || Array.isArray(x)) throw wrong(x, place, "an object");
    const given = x as Readonly<Record<string, unknown>>;
    const out: Partial<T> = {};
    for (const key in fields) out[key] = fields[key](given[key], `${place}.${key}`);
    return out as T;
  };
}

export function counts(x: unknown, place: string): Readonly<Record<string, number>> {
  if (typeof x !== "object" || x === null || Array.isArray(x)) throw wrong(x, place, "an object");
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, number(v, `${place}.${k}`)]));
}
