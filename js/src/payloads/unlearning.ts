/** Mirrors traceprop_nb/payloads/unlearning.py. */
import { list, number, oneOf, orNull, record, text, truth, wrong, type Decoder } from "./decode.ts";

export interface Series {
  readonly name: string;
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly gold: number | null;
}

export interface Unlearning {
  readonly schema: "unlearning/1";
  readonly title: string;
  readonly method: string;
  readonly forgotten: number;
  readonly n_train: number;
  readonly verified: boolean | null;
  readonly verdict: string;
  readonly over_from: number | null;
  readonly at: number;
  readonly seconds: number;
  readonly seconds_gold: number | null;
  readonly strength: readonly number[];
  readonly series: readonly Series[];
}

const fields: Decoder<Unlearning> = record<Unlearning>({
  schema: oneOf("unlearning/1"),
  title: text,
  method: text,
  forgotten: number,
  n_train: number,
  verified: orNull(truth),
  verdict: text,
  over_from: orNull(number),
  at: number,
  seconds: number,
  seconds_gold: orNull(number),
  strength: list(number),
  series: list(record<Series>({ name: text, label: text, values: list(orNull(number)), gold: orNull(number) })),
});

export function decodeUnlearning(x: unknown): Unlearning {
  const p = fields(x, "payload");
  if (!p.strength.length) throw wrong(p.strength, "payload.strength", "at least one point");
  p.series.forEach((s, i) => {
    if (s.values.length !== p.strength.length) {
      throw wrong(s.values.length, `payload.series[${i}].values.length`, String(p.strength.length));
    }
  });
  return p;
}
