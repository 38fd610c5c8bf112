/** Mirrors traceprop_nb/payloads/unlearning.py. */
import { list, number, oneOf, orNull, record, text, truth, wrong, type Decoder } from "./decode.ts";

export interface Baseline {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface Series {
  readonly name: string;
  readonly label: string;
  readonly group: string;
  readonly values: readonly (number | null)[];
  readonly gold: number | null;
  readonly band: readonly number[] | null;
  readonly baselines: readonly Baseline[];
}

export interface Unlearning {
  readonly schema: "unlearning/2";
  readonly title: string;
  readonly method: string;
  readonly why: string;
  readonly note: string;
  readonly forgotten: number;
  readonly n_train: number;
  readonly verified: boolean | null;
  readonly test: string;
  readonly verdict: string;
  readonly over_from: number | null;
  readonly at: number;
  readonly seconds: number;
  readonly seconds_gold: number | null;
  readonly gold_seeds: number;
  readonly offer: { readonly seeds: number; readonly seconds: number | null } | null;
  readonly strength: readonly number[];
  readonly series: readonly Series[];
}

const values = list(orNull(number));

const fields: Decoder<Unlearning> = record<Unlearning>({
  schema: oneOf("unlearning/2"),
  title: text,
  method: text,
  why: text,
  note: text,
  forgotten: number,
  n_train: number,
  verified: orNull(truth),
  test: text,
  verdict: text,
  over_from: orNull(number),
  at: number,
  seconds: number,
  seconds_gold: orNull(number),
  gold_seeds: number,
  offer: orNull(record({ seeds: number, seconds: orNull(number) })),
  strength: list(number),
  series: list(
    record<Series>({
      name: text, label: text, group: text, values, gold: orNull(number), band: orNull(list(number)),
      baselines: list(record<Baseline>({ name: text, values })),
    }),
  ),
});

export function decodeUnlearning(x: unknown): Unlearning {
  const p = fields(x, "payload");
  if (!p.strength.length) throw wrong(p.strength, "payload.strength", "at least one point");
  const even = (given: readonly unknown[], place: string) => {
    if (given.length !== p.strength.length) throw wrong(given.length, `${place}.length`, String(p.strength.length));
  };
  p.series.forEach((s, i) => {
    even(s.values, `payload.series[${i}].values`);
    s.baselines.forEach((b, k) => even(b.values, `payload.series[${i}].baselines[${k}].values`));
  });
  return p;
}

export interface Progress {
  readonly share: number;
  readonly seconds_left: number | null;
}

const progress: Decoder<Progress> = record<Progress>({ share: number, seconds_left: orNull(number) });

/** How far a retraining is; null without one. */
export function decodeProgress(x: unknown): Progress | null {
  return x === null || x === undefined ? null : progress(x, "progress");
}
