/** Bundles the tests for node (which runs no TypeScript before version 22) and runs them. */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
rmSync(here("../.test"), { recursive: true, force: true });
await build({
  entryPoints: readdirSync(here(".")).filter((name) => name.endsWith(".test.ts")).map((name) => here(name)),
  outdir: here("../.test"),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  loader: { ".css": "text" },
  logLevel: "error",
});
const tests = readdirSync(here("../.test")).map((name) => here(`../.test/${name}`));
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...tests], { stdio: "inherit" });
process.exitCode = status ?? 1;
