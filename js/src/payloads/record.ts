/** Mirrors traceprop_nb/payloads/record.py. */
import { counts, list, oneOf, record, text, type Decoder } from "./decode.ts";

export const STATES = [
  "established",
  "stated",
  "partial",
  "not_established",
  "not_applicable",
  "contradicted",
] as const;
export type State = (typeof STATES)[number];

export interface RecordField {
  readonly id: string;
  readonly label: string;
  readonly state: State;
  readonly value: string;
  readonly provisions: readonly string[];
  readonly evidence: readonly string[];
  readonly check: string;
  readonly missing: string;
  readonly stated_by: string;
  readonly note: string;
}

export interface EvidenceRecord {
  readonly schema: "record/1";
  readonly kind: string;
  readonly generated_at: string;
  readonly digest: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly sections: readonly { readonly id: string; readonly title: string; readonly fields: readonly RecordField[] }[];
}

const fields: Decoder<EvidenceRecord> = record<EvidenceRecord>({
  schema: oneOf("record/1"),
  kind: text,
  generated_at: text,
  digest: text,
  counts,
  sections: list(
    record({
      id: text,
      title: text,
      fields: list(
        record<RecordField>({
          id: text,
          label: text,
          state: oneOf(...STATES),
          value: text,
          provisions: list(text),
          evidence: list(text),
          check: text,
          missing: text,
          stated_by: text,
          note: text,
        }),
      ),
    }),
  ),
});

export const decodeRecord = (x: unknown): EvidenceRecord => fields(x, "payload");
