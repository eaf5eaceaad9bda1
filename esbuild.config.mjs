/** Builds `dist/device/fleetlog.min.js`, the device module for Espruino's `require("fleetlog")`. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const limitBytes = 19_000;
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
const knownNames = [
  ...[
    "device",
    "mqtt",
    "level",
    "prefix",
    "outboxBytes",
    "flushAfterMs",
    "windowFrames",
    "console",
  ],
  ...["reconnect", "qos", "noise", "createLogger", "tag", "flush", "stats", "close"],
  ...[
    "stack",
    "logged",
    "sent",
    "resent",
    "acked",
    "dropped",
    "boot",
    "bytes",
    "pending",
    "type",
    "log",
  ],
  ...["connected", "client", "connect", "disconnect", "on", "removeListener"],
  ...["subscribe", "publish", "retain"],
  ...["CRC32", "hwRand", "getAnalogVRef", "getTemperature", "memory", "usage", "toUint8Array"],
];

const builtIns = [Object, Function, Array, String, Number, RegExp, Error, Promise, JSON, Math]
  .concat([Uint8Array, Uint32Array, Float64Array, DataView, ArrayBuffer])
  .flatMap((known) => [known, known.prototype, Object.getPrototypeOf(known.prototype ?? {})])
  .flatMap((known) => (known ? Object.getOwnPropertyNames(known) : []));

const bundle = async () => {
  const result = await build({
    entryPoints: [from("dist/device/espruino.js")],
    bundle: true,
    write: false,
    format: "cjs",
    target: "es2015",
    charset: "ascii",
    supported: Object.fromEntries(unsupported.map((feature) => [feature, false])),
    mangleProps: /./,
    reserveProps: new RegExp(`^(${[...builtIns, ...knownNames].join("|")})$`.replace(/\$\W/g, "")),
    plugins: [nativeCodec],
    logLevel: "warning",
    logOverride: { "commonjs-variable-in-esm": "silent" },
  });
  return result.outputFiles[0].text;
};

const shrink = async (text) => {
  const result = await minify(text, {
    ecma: 2015,
    toplevel: true,
    compress: { passes: 3, inline: 1, reduce_funcs: false },
    format: { ascii_only: true },
  });
  return result.code;
};

const text = await shrink(await bundle());
if (/[^\x20-\x7e\n]/.test(text))
  throw new Error("Cannot publish the device module: not plain ASCII");
if (text.length > limitBytes) {
  throw new Error(`Cannot publish the device module: ${text.length} bytes, limit ${limitBytes}`);
}
await writeFile(from("dist/device/fleetlog.min.js"), text);
