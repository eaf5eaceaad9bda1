/**
 * Builds the device modules for Espruino's `require`: `dist/device/fleetlog.min.js` with all,
 * `fleetlog-core.min.js` without the parts that a logger may do without, `fleetlog-serial.min.js` for
 * boards without network; and `fleetjnl.min.js`, which is asked for where the application wants a
 * journal. And the fleet page, in `dist/agent/page/ui`.
 */
import { cp, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { minify } from "terser";
import { flatten } from "./esbuild.flatten.mjs";
import { nest } from "./esbuild.nest.mjs";
import { order } from "./esbuild.order.mjs";

const modules = [
  { entry: "espruino-whole", file: "fleetlog.min.js", limitBytes: 27_136, hasJournal: true },
  { entry: "espruino-core", file: "fleetlog-core.min.js", limitBytes: 22_528 },
  { entry: "espruino-serial", file: "fleetlog-serial.min.js", limitBytes: 23_040 },
  // Its methods are called on their object, and it has no factories.
  { entry: "espruino-journal", file: "fleetjnl.min.js", limitBytes: 13_312, isFlat: false },
];
const from = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Syntax the engine lacks, or reads as something else: the build fails where it is used. */
const unsupported = [
  "array-spread",
  "async-await",
  "async-generator",
  "bigint",
  "class-private-field",
  "class-private-method",
  "default-argument",
  "destructuring",
  "exponent-operator",
  "generator",
  "import-meta",
  "new-target",
  "object-rest-spread",
  "regexp-lookbehind-assertions",
  "rest-argument",
  "top-level-await",
];

const native = from("dist/device/platforms/espruino-native.js");

/** The engine's own UTF-8 and CRC-32 in place of ours. */
const nativeCodec = {
  name: "native-codec",
  setup(builder) {
    builder.onResolve({ filter: /\/(text|crc32)\.js$/ }, (found) =>
      found.importer === native ? null : { path: native },
    );
  },
};

/** Names that others know too: they stay as they are, while our own become one letter or two. */
const knownNames = `
  createLogger device mqtt level prefix outboxBytes flushAfterMs windowFrames rateLimit perSecond burst reconnect qos noise captureErrors console log dictionary onIdentify
  debug info warn error fatal tag metric flush stats close logged sent resent acked dropped boot bytes pending
  keep compact flash writtenBytes erases refused flash_full flash_budget heldFrom unreserved firmware
  name type message stack
  link data isOnline radioPauseMs online offline attach sleep
  connected disconnected client connect disconnect on removeListener removeAllListeners subscribe publish retain
  ctimo partData _scktClosed
  CRC32 isUTF8 toString hwRand getAnalogVRef getTemperature memory usage free ESP8266 getResetInfo reason toUint8Array
  journal openJournal flash storage address pages pageBytes areas areaBytes dayBytes mayWrite
  getPage addr erasePage read write erase getFree low_battery
  create fromCharCode floor round max min parse stringify`
  .trim()
  .split(/\s+/);

const builtIns = [Array, String, Object, Function, Number, Uint8Array]
  .flatMap((known) => [known.prototype, Object.getPrototypeOf(known.prototype) ?? {}])
  .flatMap((prototype) => Object.getOwnPropertyNames(prototype));

const known = new RegExp(`^(${[...builtIns, ...knownNames].join("|")})$`);

/** Short names already given: a property has one in all modules. */
let mangleCache = {};

const bundle = async (entry) => {
  const result = await build({
    entryPoints: [from(`dist/device/${entry}.js`)],
    bundle: true,
    external: ["Flash", "Storage", "fleetjnl"],
    write: false,
    format: "cjs",
    target: "es2015",
    charset: "ascii",
    supported: Object.fromEntries(unsupported.map((feature) => [feature, false])),
    define: { "Math.floor": "floor", "Math.max": "max", "Math.min": "min" },
    inject: [native],
    plugins: [nativeCodec],
    logLevel: "warning",
    logOverride: { "commonjs-variable-in-esm": "silent" },
  });
  return result.outputFiles[0].text;
};

const shrink = async (text) => {
  const mangled = await transform(text, { mangleProps: /./, mangleCache, reserveProps: known });
  mangleCache = mangled.mangleCache;
  // What is used once is not moved again: that would make closures of it, anew for each call.
  const result = await minify(mangled.code, {
    ecma: 2015,
    toplevel: true,
    compress: { passes: 4, inline: 1, reduce_funcs: false, pure_getters: true, keep_fargs: false },
    format: { ascii_only: true },
  });
  return result.code;
};

const isOwn = (name) => !known.test(name);

/** The journal's module is handed objects, and hands some back: their properties stay. */
const shared = new Set((await bundle("espruino-journal")).match(/\b[A-Za-z_]\w*\b/g));
const isUnshared = (name) => isOwn(name) && !shared.has(name);

const flat = (text, hasJournal) => nest(flatten(text, hasJournal ? isUnshared : isOwn));

for (const { entry, file, limitBytes, isFlat = true, hasJournal = false } of modules) {
  const bundled = await bundle(entry);
  const text = isFlat ? order(await shrink(flat(bundled, hasJournal))) : await shrink(bundled);
  if (/[^\x20-\x7e\n]/.test(text)) throw new Error(`Cannot publish ${file}: not plain ASCII`);
  if (text.length > limitBytes) {
    throw new Error(`Cannot publish ${file}: ${text.length} bytes, limit ${limitBytes}`);
  }
  await writeFile(from(`dist/device/${file}`), text);
}

const page = from("agent/page/ui");
const shown = from("dist/agent/page/ui");
await build({
  entryPoints: [`${page}/page.tsx`, `${page}/page.css`],
  outdir: shown,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  tsconfig: `${page}/tsconfig.json`,
});
await cp(`${page}/index.html`, `${shown}/index.html`);
