/**
 * Builds what every widget runs: static/runtime.js (all widgets, once) and static/shim.js.
 *
 *   node build.mjs            write the bundle
 *   node build.mjs --check    fail unless the committed bundle is what the sources give
 *   node build.mjs --watch    rebuild on change
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build, context } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const STATIC = "../traceprop_nb/widgets/static/";
const LIMIT = 90 * 1024;

const options = {
  absWorkingDir: here("."),
  entryPoints: ["src/runtime.ts", "src/shim.ts"],
  outdir: here(STATIC),
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: "es2022",
  loader: { ".css": "text" },
  legalComments: "none",
  logLevel: "warning",
};

function check(files) {
  const stale = files.filter(({ path, contents }) => {
    try {
      return !readFileSync(path).equals(Buffer.from(contents));
    } catch {
      return true;
    }
  });
  if (stale.length) {
    const names = stale.map(({ path }) => path.split("/").at(-1)).join(", ");
    console.error(`the committed bundle is not what the sources give: ${names}; run npm run build`);
    process.exitCode = 1;
  }
}

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  const { outputFiles } = await build({ ...options, write: false });
  const size = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
  if (process.argv.includes("--check")) check(outputFiles);
  else for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  console.log(`${(size / 1024).toFixed(1)} KB of ${LIMIT / 1024}`);
  if (size > LIMIT) {
    console.error("the bundle is larger than its limit");
    process.exitCode = 1;
  }
}
