/** The payloads that Python writes, as tests/golden holds them. */
import { readFileSync } from "node:fs";

// The bundled test lies in js/.test, one folder below js as its source does.
export function golden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../tests/golden/${name}.json`, import.meta.url), "utf8"));
}
