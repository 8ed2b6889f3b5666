// Writes ../echarts.min.js: echarts.entry.mjs with all that it imports, minified, and checked for what a page
// with a strict Content-Security-Policy must not hold. Puts the licences beside it.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
const head =
  `/* Apache ECharts ${version("echarts")} (Apache-2.0) with zrender ${version("zrender")} (BSD-3-Clause) and tslib ${version("tslib")} (0BSD),\n` +
  "   a custom bundle; what was changed and the licences: README.md, LICENSE, LICENSE-d3, LICENSE-zrender and NOTICE beside this file. */";

// Where an engine has no JSON.parse, the reader of map shapes falls back to compiling the text. Every engine has it, and a page that
// forbids code made of texts must not hold such a call at all, so it is taken out. The only change to the packages' own code.
const fallback = "new Function('return (' + source + ');')()";
const withoutFallback = {
  name: "without-fallback",
  setup(plugins) {
    plugins.onLoad({ filter: /echarts\/lib\/coord\/geo\/GeoJSONResource\.js$/ }, ({ path }) => {
      const parts = readFileSync(path, "utf8").split(fallback);
      if (parts.length !== 2) throw new Error(`${path}: expected one ${fallback}`);
      return { contents: parts.join("null"), loader: "js" };
    });
  },
};

const result = await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["echarts.entry.mjs"],
  bundle: true,
  minify: true,
  charset: "ascii",
  format: "iife",
  globalName: "echarts",
  legalComments: "none",
  banner: { js: head },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [withoutFallback],
  target: "es2020",
  write: false,
});
const code = result.outputFiles[0].text;

// Code made of texts, the network, and what would end the script element that the code is put in.
const forbidden = [
  /\beval\s*\(/, /\bFunction\s*\(/, /\bsetTimeout\s*\(\s*["'`]/, /\bimport\s*\(/, /\bimportScripts\b/, /\bfetch\s*\(/,
  /XMLHttpRequest/, /WebSocket/, /EventSource/, /sendBeacon/, /\.wasm\b/, /<\/script/i, /<!--/, /sourceMappingURL/, /https?:\/\/(?!www\.w3\.org\/)/,
];
for (const pattern of forbidden) {
  const at = code.search(pattern);
  if (at >= 0) throw new Error(`${pattern} in the bundle: …${code.slice(Math.max(0, at - 60), at + 60)}…`);
}
writeFileSync(new URL("../echarts.min.js", import.meta.url), code);
const licences = {
  LICENSE: "echarts/LICENSE",
  NOTICE: "echarts/NOTICE",
  "LICENSE-d3": "echarts/licenses/LICENSE-d3",
  "LICENSE-zrender": "zrender/LICENSE",
};
for (const [to, from] of Object.entries(licences)) {
  copyFileSync(new URL(`node_modules/${from}`, import.meta.url), new URL(`../${to}`, import.meta.url));
}
console.log(`echarts.min.js: ${code.length} bytes`);
