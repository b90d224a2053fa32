// Builds the site into dist/: a page for each file in src/pages, the engine's worker, and what `tools/site` wrote.
import { build } from "esbuild";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";

const OUT = "dist";
const WASM = "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";

if (!existsSync("public/data/squeezenet.onnx")) {
  console.error("site: public/data is empty: run `make site`, or `python -m tools.site site/public/data` first");
  process.exit(1);
}
await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
await cp("public", OUT, { recursive: true });
await cp("src/style.css", `${OUT}/style.css`);
await cp("src/liked", `${OUT}/liked`, { recursive: true });
await cp("src/pictures", `${OUT}/pictures`, { recursive: true });
// Few simple servers compress what they give out, so the engine travels compressed and the page unpacks it.
await writeFile(`${OUT}/engine.wasm.gz`, gzipSync(await readFile(WASM), { level: 9 }));

const about = JSON.parse(await readFile("src/pages.json", "utf8"));
const template = await readFile("src/template.html", "utf8");
const pages = (await readdir("src/pages")).filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -3));
await build({
  entryPoints: [...pages.map((name) => `src/pages/${name}.ts`), ...(await workers())],
  outdir: OUT,
  entryNames: "[name]",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "linked",
  logLevel: "warning",
});
for (const page of about) {
  const filled = template
    .replaceAll("{{title}}", page.title)
    .replaceAll("{{hint}}", page.hint)
    .replaceAll("{{name}}", page.name)
    .replaceAll("{{links}}", links(page.name));
  await writeFile(`${OUT}/${page.name}.html`, filled);
}
console.log(`site: ${about.length} pages in ${OUT}/`);

async function workers() {
  const folders = await readdir("src", { recursive: true });
  return folders.filter((name) => name.endsWith("worker.ts")).map((name) => `src/${name}`);
}

function links(current) {
  const one = (page) =>
    page.name === current
      ? `<a href="${page.name}.html" aria-current="page">${page.short}</a>`
      : `<a href="${page.name}.html">${page.short}</a>`;
  return about.map(one).join("\n        ");
}
