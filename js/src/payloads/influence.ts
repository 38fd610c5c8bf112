/** Mirrors traceprop_nb/payloads/influence_table.py. */
import { list, number, oneOf, orNull, record, text, wrong, type Decoder } from "./decode.ts";

export interface InfluenceRow {
  readonly rank: number;
  readonly row: number;
  readonly source: string;
  readonly record: number | null;
  readonly line: number | null;
  readonly label: string;
  readonly influence: number;
  readonly path: string;
  readonly text: string;
  readonly values: readonly Pair[];
  readonly flags: readonly string[];
}

export type Pair = readonly [name: string, value: string];

export interface Influence {
  readonly schema: "influence/1";
  readonly title: string;
  readonly predicted: string;
  readonly true: string;
  readonly method: string;
  readonly estimand: string;
  readonly note: string;
  readonly lds: string;
  readonly n_train: number;
  readonly by_source: readonly { readonly name: string; readonly total: number }[];
  readonly rows: readonly InfluenceRow[];
}

export const pair: Decoder<Pair> = (x, place) => {
  const [name, value, ...more] = list(text)(x, place);
  if (name === undefined || value === undefined || more.length) throw wrong(x, place, "a name and a value");
  return [name, value];
};

const fields: Decoder<Influence> = record<Influence>({
  schema: oneOf("influence/1"),
  title: text,
  predicted: text,
  true: text,
  method: text,
  estimand: text,
  note: text,
  lds: text,
  n_train: number,
  by_source: list(record({ name: text, total: number })),
  rows: list(
    record<InfluenceRow>({
      rank: number,
      row: number,
      source: text,
      record: orNull(number),
      line: orNull(number),
      label: text,
      influence: number,
      path: text,
      text,
      values: list(pair),
      flags: list(text),
    }),
  ),
});

export const decodeInfluence = (x: unknown): Influence => fields(x, "payload");

/** What the kernel tells about one row when it is asked: any of these, the rest stays. */
export interface RowDetail {
  readonly text: string;
  readonly path: string;
  readonly values: readonly Pair[];
}

export function decodeDetail(x: unknown, known: RowDetail): RowDetail {
  return record<RowDetail>({ text, path: text, values: list(pair) })({ ...known, ...(x as object) }, "detail");
}
