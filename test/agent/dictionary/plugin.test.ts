import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { build, context, type Plugin } from "esbuild";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Dictionary, parseDictionary } from "../../../agent/dictionary/dictionary.ts";
import { fleetlogDictionary } from "../../../agent/dictionary/plugin.ts";
import { tokenOf } from "../../../shared/token.ts";
import {
  buildWithDictionary,
  bundleOptions,
  messageBy,
  runProgram,
  writeProgram,
} from "../../support/built-program.ts";

const typescript = {
  "app.ts": `
import { createLogger } from "fleetlog/device";
import client from "client";
import { startWifi } from "./parts/wifi.ts";

const log = createLogger({
  device: "pump-7",
  mqtt: client,
  level: "debug" as const, // all of it
});
log.info("temp %d of %s", 21, "inlet");
log.warn("plain, 100%");
startWifi(log);
log.metric("temperature", 21.4);
log.error("temp %d of %s", 99, "outlet");
console.info("log.info(\\"never\\")", "temp %d of %s");
`,
  "parts/wifi.ts": `
import type { Logger } from "fleetlog/device";
interface Toast { info(text: string): string }
const toast: Toast = { info: (text) => text };
export const startWifi = (log: Logger): void => {
  const wifi = log.tag("wifi");
  wifi.debug("rssi " + "%d", -71);
  wifi.info(\`é \${toast.info("rssi %d")}\`);
};
`,
};

const javascript = {
  "app.js": `
var log = require("fleetlog").createLogger({ device: "pump-7", mqtt: require("client") });
var audit = require("winston").createLogger({});
require("./pump.js")(log);
log.fatal(\`over\`);
audit.info("over");
`,
  "pump.js": `
module.exports = function (parent) {
  this.log = parent;
  this.log.info("valve %s", "open", { from: 3 });
};
`,
};

const messagesOf = async (text: string, dictionary: Dictionary): Promise<unknown[]> => {
  const { events } = await runProgram(text);
  return events.map((event) => [event.site.level, event.site.tag, messageBy(dictionary, event)]);
};

describe("fleetlogDictionary", () => {
  it("lets a program send tokens that expand to its formats", async () => {
    const directory = await writeProgram(typescript);

    const { text, dictionary, warnings } = await buildWithDictionary(directory, "app.ts");
    const { events, announced, shown } = await runProgram(text);

    expect(events.map(({ site }) => site.format)).toEqual([
      "\x012",
      "\x010",
      "\x011",
      "é rssi %d",
      "temperature",
      "\x012",
    ]);
    expect(events.map((event) => [event.site.tag, messageBy(dictionary, event)])).toEqual([
      ["", "temp 21 of inlet"],
      ["", "plain, 100%"],
      ["wifi", "rssi -71"],
      ["wifi", "é rssi %d"],
      ["", "temperature 21.4"],
      ["", "temp 99 of outlet"],
    ]);
    expect(announced).toEqual([dictionary.hash]);
    expect(shown).toEqual([[`log.info("never")`, "temp %d of %s"]]);
    expect(warnings).toEqual([
      "parts/wifi.ts:8: Cannot replace this log call's format: it is not a literal",
    ]);
    expect(text).not.toContain("plain, 100%");
  });

  it("does so for CommonJS, and leaves another package's logger alone", async () => {
    const directory = await writeProgram(javascript);

    const { text, dictionary } = await buildWithDictionary(directory, "app.js");
    const { events, announced, shown } = await runProgram(text);

    expect(events.map((event) => [event.site.format, messageBy(dictionary, event)])).toEqual([
      ["\x011", 'valve open {"from":3}'],
      ["\x010", "over"],
    ]);
    expect(announced).toEqual([dictionary.hash]);
    expect(shown).toEqual([["over"]]);
  });

  it.each([
    ["minified", { minify: true }],
    ["for old engines", { target: "es2015" }],
    ["minified, as a script with source maps", { minify: true, format: "iife", sourcemap: true }],
  ] as const)("changes nothing else in a program built %s", async (_how, options) => {
    const directory = await writeProgram(javascript);
    const { outputFiles } = await build({ ...bundleOptions(directory, "app.js"), write: false });

    const built = await buildWithDictionary(directory, "app.js", { platform: "node", ...options });

    const before = await messagesOf(outputFiles[0]?.text ?? "", built.dictionary);
    expect(before.length).toBeGreaterThan(0);
    expect(await messagesOf(built.text, built.dictionary)).toEqual(before);
  });

  it("puts tokens and the hash in, and leaves each other byte as it was", async () => {
    const directory = await writeProgram({
      "app.ts": `
import { createLogger } from "fleetlog";
export const log = createLogger({ device: "pump-7" });
export const text = 'log.info("a %d")' + "é\\x01\\0" + /log.info\\("a"\\)/u.source; // log.info("a")
export class Toast { info(what: string): string { return what; } static shown = new Toast().info("a %d"); }
console.info("a %d"); console.warn("b"); log.metric("a %d", 1);
log.info("a %d", "a %d"); log.tag("a %d").warn("b"); if (1) log?.error("a %d"); log.fatal(text);`,
    });
    const { outputFiles } = await build({ ...bundleOptions(directory, "app.ts"), write: false });

    const { text, dictionary } = await buildWithDictionary(directory, "app.ts");

    const original = dictionary.entries
      .reduce((whole, { id, format }) => {
        return whole.replaceAll(`"${tokenOf(id)}"`, JSON.stringify(format));
      }, text)
      .replace(`, dictionary: "${dictionary.hash}"`, "");
    expect(original).toBe(outputFiles[0]?.text);
    expect(text.split("\x010").length + text.split("\x011").length).toBe(2 + 3);
  });

  it("describes each format, with its places", async () => {
    const directory = await writeProgram(typescript);

    const { dictionary } = await buildWithDictionary(directory, "app.ts");

    expect(dictionary.entries[2]).toEqual({
      id: 2,
      format: "temp %d of %s",
      arguments: ["integer", "any"],
      places: [
        { level: "info", tag: "", file: "app.ts", line: 11 },
        { level: "error", tag: "", file: "app.ts", line: 15 },
      ],
    });
    expect(dictionary.entries[1]?.places).toEqual([
      { level: "debug", tag: "wifi", file: "parts/wifi.ts", line: 7 },
    ]);
  });

  it("gives the same dictionary anywhere, in whatever order files are loaded", async () => {
    const parts = Array.from({ length: 40 }, (_, index) => `part-${(index * 7) % 40}.js`);
    const files = Object.fromEntries(
      parts.map((part, index) => [part, `log.info("format ${index % 30} %d", ${index});`]),
    );
    const entry = (order: string[]) => order.map((part) => `import "./${part}";`).join("\n");
    const one = await writeProgram({ ...files, "app.js": entry(parts) });
    const other = await writeProgram({ ...files, "app.js": entry([...parts].reverse()) });

    const built = await buildWithDictionary(one, "app.js");
    const again = await buildWithDictionary(other, "app.js", { minify: true });

    expect(built.dictionary.entries).toHaveLength(30);
    expect(again.dictionary).toEqual(built.dictionary);
  });

  it("writes the program and the dictionary where the build says", async () => {
    const directory = await writeProgram(typescript);
    const options = bundleOptions(directory, "app.ts");

    await build({ ...options, plugins: [fleetlogDictionary({ file: "out/pump.json" })] });

    const path = join(directory, "out/pump.json");
    const dictionary = parseDictionary(await readFile(path, "utf8"), path);
    const text = await readFile(join(directory, "out/app.js"), "utf8");
    expect((await runProgram(text)).announced).toEqual([dictionary.hash]);
    expect((await messagesOf(text, dictionary))[0]).toEqual(["info", "", "temp 21 of inlet"]);
  });

  it("has the device's own console show tokens", async () => {
    const directory = await writeProgram({
      "app.js": `
const log = require("fleetlog").createLogger({ mqtt: require("client"), console });
log.info("temp %d", 21);`,
    });

    const { text } = await buildWithDictionary(directory, "app.js");

    expect((await runProgram(text)).shown).toEqual([["info \x010", 21]]);
  });

  it("gives the hash as a module where options are no literal", async () => {
    const directory = await writeProgram({
      "app.js": `
import { createLogger } from "fleetlog";
import { hash } from "fleetlog:dictionary";
const options = { device: "pump-7", mqtt: require("client"), dictionary: hash };
createLogger(options).info("a");`,
    });

    const { text, dictionary, warnings } = await buildWithDictionary(directory, "app.js");

    expect((await runProgram(text)).announced).toEqual([dictionary.hash]);
    expect(warnings).toEqual([]);
  });

  it("leaves a dictionary that the options name", async () => {
    const directory = await writeProgram({
      "app.js": `require("fleetlog").createLogger({ dictionary: "mine", mqtt: require("client") });`,
    });

    const { text, warnings } = await buildWithDictionary(directory, "app.js");

    expect((await runProgram(text)).announced).toEqual(["mine"]);
    expect(warnings).toEqual([]);
  });

  it("warns where nothing announces the dictionary", async () => {
    const advice = `import { hash } from "fleetlog:dictionary" and give it as "dictionary"`;
    const directory = await writeProgram({
      "options.js": `const log = require("fleetlog").createLogger(options);\nlog.info("a");`,
      "none.js": `log.info("a");`,
    });

    const options = await buildWithDictionary(directory, "options.js");
    const none = await buildWithDictionary(directory, "none.js");

    expect(options.warnings).toEqual([
      `options.js:1: Cannot announce the dictionary here: the options are not an object literal, ${advice}`,
    ]);
    expect(none.warnings).toEqual([
      `Cannot announce the dictionary: no call of createLogger was found, ${advice}`,
    ]);
  });

  it("takes other names for loggers where it is told", async () => {
    const text = `audit.warn("a"); log.warn("b"); this.parts.audit.warn("c");`;
    const directory = await writeProgram({ "app.js": text });

    const { dictionary } = await buildWithDictionary(directory, "app.js", {}, { names: ["audit"] });

    expect(dictionary.entries.map(({ format }) => format)).toEqual(["a", "c"]);
  });

  it("leaves packages and files that are not run alone", async () => {
    const directory = await writeProgram({
      "app.js": `
import "part";
import text from "./text.js" with { type: "text" };
import raw from "./raw.txt";
log.info("a");
console.info(text, raw);`,
      "text.js": `log.info("b");`,
      "raw.txt": `log.info("c");`,
      "node_modules/part/index.js": `log.info("d");`,
    });

    const { text, dictionary } = await buildWithDictionary(directory, "app.js");

    expect(dictionary.entries.map(({ format }) => format)).toEqual(["a"]);
    expect(text).toMatch(/log\.info\(\\"b\\"\)|log\.info\("b"\)/);
    expect(text).toContain(`log.info("d")`);
  });

  it("reads files as the build's loaders do", async () => {
    const directory = await writeProgram({
      "app.js": `import "./a.es6"; export const a = <b onClick={() => log.info("a")} />;`,
      "a.es6": `log.info("b");`,
    });

    const { dictionary } = await buildWithDictionary(directory, "app.js", {
      loader: { ".js": "jsx", ".es6": "js" },
    });

    expect(dictionary.entries.map(({ format }) => format)).toEqual(["a", "b"]);
  });

  it("finds what other plugins find, and has them publish once", async () => {
    const directory = await writeProgram({
      "app.js": `import "virtual"; import "elsewhere"; log.info("a");`,
      "real.js": `log.info("b");`,
    });
    let ends = 0;
    const other: Plugin = {
      name: "other",
      setup(inner) {
        inner.onResolve({ filter: /^virtual$/ }, () => ({ path: "v", namespace: "other" }));
        inner.onLoad({ filter: /.*/, namespace: "other" }, () => ({
          contents: "globalThis.v = 1;",
        }));
        inner.onResolve({ filter: /^elsewhere$/ }, () => ({ path: join(directory, "real.js") }));
        inner.onEnd(() => {
          ends++;
        });
      },
    };

    const { text, dictionary } = await buildWithDictionary(directory, "app.js", {
      plugins: [other],
    });

    expect(dictionary.entries.map(({ format }) => format)).toEqual(["a", "b"]);
    expect(text).toContain("globalThis.v = 1");
    expect(ends).toBe(1);
  });

  it("leaves faults of the program to esbuild, and writes no dictionary then", async () => {
    const directory = await writeProgram({ "app.js": `log.info("a"); let b = ;` });

    const failed = buildWithDictionary(directory, "app.js", { write: true });

    await expect(failed).rejects.toMatchObject({
      errors: [{ text: 'Unexpected ";"', location: { file: "app.js", line: 1 } }],
    });
    await expect(readFile(join(directory, "dictionary.json"))).rejects.toThrow("ENOENT");
  });

  it("fails the build where the dictionary would be beyond what an agent reads", async () => {
    const text = `log.info("${"x".repeat(70_000)}");`;
    const directory = await writeProgram({ "app.js": text });

    const failed = buildWithDictionary(directory, "app.js");

    await expect(failed).rejects.toMatchObject({
      errors: [{ text: expect.stringContaining("the format at app.js:1 has 70000 characters") }],
    });
  });

  it("is what the package has for esbuild", () => {
    const program = `
      import { fleetlogDictionary } from "fleetlog/esbuild";
      process.stdout.write(fleetlogDictionary().name);`;
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;

    const name = execFileSync(process.execPath, ["--input-type=module", "-e", program], options);

    expect(name).toBe("fleetlog-dictionary");
  });

  it("follows the program in watch mode", async () => {
    const directory = await writeProgram({
      "app.js": `import "./part.js"; log.info("m");`,
      "part.js": `log.info("n");`,
    });
    const built: Dictionary[] = [];
    let arrived = (): void => {};
    const next = (): Promise<void> => new Promise((resolve) => (arrived = resolve));
    const plugin = fleetlogDictionary({
      onDictionary(dictionary) {
        built.push(dictionary);
        arrived();
      },
    });
    const options = { ...bundleOptions(directory, "app.js"), plugins: [plugin] };
    const watched = await context(options);
    onTestFinished(() => watched.dispose());
    const first = next();
    await watched.watch();
    await first;

    const second = next();
    await writeFile(join(directory, "part.js"), `log.info("a"); log.info("n");`);
    await second;
    await watched.rebuild();

    const text = await readFile(join(directory, "out/app.js"), "utf8");
    const written = await readFile(join(directory, "dictionary.json"), "utf8");
    expect(built[1]?.entries.map(({ format }) => format)).toEqual(["a", "m", "n"]);
    expect(parseDictionary(written, "dictionary.json")).toEqual(built[1]);
    expect([...text.matchAll(/info\("(.+?)"\)/g)].map(([, token]) => token)).toEqual([
      "\x010",
      "\x012",
      "\x011",
    ]);
  });
});

describe("source maps of a program with a dictionary", () => {
  /** Where a piece of the built text comes from: file, line and column, from 1. */
  const originOf = ({ text, map }: { text: string; map: string }, piece: string): unknown[] => {
    const before = text.slice(0, text.indexOf(piece)).split("\n");
    const found = new SourceMap(JSON.parse(map)).findOrigin(
      before.length,
      (before.at(-1)?.length ?? 0) + 1,
    );
    return "fileName" in found ? [found.fileName, found.lineNumber, found.columnNumber] : [];
  };

  it.each([{ minify: false }, { minify: true }])("lead to each call: %j", async (options) => {
    const directory = await writeProgram({
      "app.ts": `type A = 1;
const first: A = 1; log.info("a long format of some length, %d", first, "x-1"); globalThis.x = "x-2";
/* ... */ log.warn(\`two
lines\`, "x-3"); globalThis.y = "x-4";
`,
    });
    const built = await buildWithDictionary(directory, "app.ts", { sourcemap: true, ...options });

    const origins = ["x-1", "x-2", "x-3", "x-4"].map((piece) => originOf(built, `"${piece}"`));

    expect(origins).toEqual([
      ["../app.ts", 2, 73],
      ["../app.ts", 2, 96],
      ["../app.ts", 4, 9],
      ["../app.ts", 4, 32],
    ]);
    expect(JSON.parse(built.map).sourcesContent[0]).toContain("a long format of some length");
  });

  it("lead through the map of a file that was compiled before", async () => {
    const source = `\n\nconst a: number = 1;\nlog.info("a format" as string, "x-1"); globalThis.x = "x-2";\n`;
    const directory = await writeProgram({ "src/part.ts": source });
    const compile = (sourcemap: "inline" | true, outfile: string) =>
      build({
        absWorkingDir: directory,
        entryPoints: ["src/part.ts"],
        outfile,
        sourcemap,
      });
    await compile(true, "lib/linked.js");
    await compile("inline", "lib/inline.js");

    const linked = await buildWithDictionary(directory, "lib/linked.js", { sourcemap: true });
    const inline = await buildWithDictionary(directory, "lib/inline.js", { sourcemap: true });

    for (const built of [linked, inline]) {
      expect(originOf(built, `"x-1"`)).toEqual(["../src/part.ts", 4, 32]);
      expect(originOf(built, `"x-2"`)).toEqual(["../src/part.ts", 4, 55]);
    }
  });

  it("lead to the file itself where its map cannot be read", async () => {
    const comment = "//# sourceMappingURL=";
    const directory = await writeProgram({
      "gone.js": `log.info("a", "x-1");\n${comment}gone.js.map\n`,
      "broken.js": `log.info("a", "x-1");\n${comment}data:application/json;base64,AAAA\n`,
    });

    const gone = await buildWithDictionary(directory, "gone.js", { sourcemap: true });
    const broken = await buildWithDictionary(directory, "broken.js", { sourcemap: true });

    expect(originOf(gone, `"x-1"`)).toEqual(["../gone.js", 1, 15]);
    expect(originOf(broken, `"x-1"`)).toEqual(["../broken.js", 1, 15]);
  });
});
