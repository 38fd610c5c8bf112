/** Mirrors traceprop_nb/payloads/valuation.py. */
import { list, number, oneOf, orNull, record, text, truth, wrong, type Decoder } from "./decode.ts";

export interface ValuedRow {
  readonly rank: number;
  readonly row: number;
  readonly source: string;
  readonly record: number | null;
  readonly line: number | null;
  readonly label: string;
  readonly value: number;
  readonly path: string;
  readonly flags: readonly string[];
}

export interface ValuedSource {
  readonly name: string;
  readonly rows: number;
  readonly total: number;
  readonly mean: number;
}

export interface ValuedStep {
  readonly step: string;
  readonly rows_in: number;
  readonly dropped: number;
  readonly dropped_value: number | null;
  readonly kept: number;
  readonly kept_value: number | null;
  readonly changed: number | null;
  readonly changed_value: number | null;
  readonly why: string;
}

export interface RemovalCurve {
  readonly utility: string;
  readonly removed: readonly number[];
  readonly worst_first: readonly (number | null)[];
  readonly best_first: readonly (number | null)[];
  readonly random: readonly (number | null)[];
}

export interface Settling {
  readonly statistic: string;
  readonly value: number | null;
  readonly goal: number;
  readonly samples: number;
  readonly reached: boolean;
  readonly evaluations: readonly number[];
  readonly history: readonly (number | null)[];
}

export type View = "row" | "source" | "op";

export interface Valuation {
  readonly schema: "valuation/1";
  readonly title: string;
  readonly method: string;
  readonly utility: string;
  readonly total: number | null;
  readonly note: string;
  readonly n_train: number;
  readonly n_val: number;
  readonly seconds: number;
  readonly view: View;
  readonly by_source: readonly ValuedSource[];
  readonly worst: readonly ValuedRow[];
  readonly best: readonly ValuedRow[];
  readonly steps: readonly ValuedStep[] | null;
  readonly curve: RemovalCurve;
  readonly settled: Settling | null;
}

const values = list(orNull(number));

const rows = list(
  record<ValuedRow>({
    rank: number, row: number, source: text, record: orNull(number), line: orNull(number), label: text,
    value: number, path: text, flags: list(text),
  }),
);

const steps = list(
  record<ValuedStep>({
    step: text, rows_in: number, dropped: number, dropped_value: orNull(number), kept: number,
    kept_value: orNull(number), changed: orNull(number), changed_value: orNull(number), why: text,
  }),
);

const fields: Decoder<Valuation> = record<Valuation>({
  schema: oneOf("valuation/1"),
  title: text,
  method: text,
  utility: text,
  total: orNull(number),
  note: text,
  n_train: number,
  n_val: number,
  seconds: number,
  view: oneOf("row", "source", "op"),
  by_source: list(record<ValuedSource>({ name: text, rows: number, total: number, mean: number })),
  worst: rows,
  best: rows,
  steps: orNull(steps),
  curve: record<RemovalCurve>({ utility: text, removed: list(number), worst_first: values, best_first: values, random: values }),
  settled: orNull(
    record<Settling>({
      statistic: text, value: orNull(number), goal: number, samples: number, reached: truth,
      evaluations: list(number), history: values,
    }),
  ),
});

export function decodeValuation(x: unknown): Valuation {
  const p = fields(x, "payload");
  for (const key of ["worst_first", "best_first", "random"] as const) {
    const [given, wanted] = [p.curve[key].length, p.curve.removed.length];
    if (given !== wanted) throw wrong(given, `payload.curve.${key}.length`, String(wanted));
  }
  return p;
}

/** The steps, from the kernel's answer. */
export function decodeSteps(x: unknown): readonly ValuedStep[] {
  return steps(x, "steps");
}
