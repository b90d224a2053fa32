// Runs the tests of the pages' mathematics: `node test.mjs NUMBERS`, where NUMBERS is the folder that
// `python -m tools.site site/public/data --numbers NUMBERS` wrote.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

const [, , numbers] = process.argv;
if (!numbers) {
  console.error("usage: node test.mjs NUMBERS");
  process.exit(2);
}
const files = (await readdir("tests")).filter((name) => name.endsWith(".test.ts") && name.includes(process.argv[3] ?? ""));
const folder = await mkdtemp(resolve("node_modules/.tests-"));
try {
  await build({
    entryPoints: files.map((name) => `tests/${name}`),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "warning",
  });
  const compiled = files.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
  const env = { ...process.env, NUMBERS: resolve(numbers) };
  process.exitCode = spawnSync(process.execPath, ["--test", ...compiled], { stdio: "inherit", env }).status ?? 1;
} finally {
  await rm(folder, { recursive: true });
}
