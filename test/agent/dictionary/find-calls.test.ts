import { describe, expect, it } from "vitest";
import { findCalls } from "../../../agent/dictionary/find-calls.ts";
import type { Syntax } from "../../../agent/dictionary/syntax.ts";

const find = (text: string, syntax: Syntax = "ts", names: string[] = ["log", "logger"]) =>
  findCalls(text, syntax, names);

/** Level, tag and format of each call. */
const found = (text: string, syntax?: Syntax, names?: string[]): unknown[] =>
  find(text, syntax, names).calls.map(({ level, tag, format }) => [level, tag, format]);

const doubts = (text: string): string[] =>
  find(text).doubts.map(({ line, column, text }) => `${line}:${column} ${text}`);

describe("log calls of a file", () => {
  it("are those of each level on a logger that the file makes", () => {
    const text = `
      const pump = createLogger({});
      pump.debug("a"); pump.info("b %d", 1); pump.warn("c"); pump.error("d"); pump.fatal("e");
      pump.metric("f", 1); pump.trace("g"); pump.flush("h"); pump("i"); pump.info;`;

    expect(found(text)).toEqual([
      ["debug", "", "a"],
      ["info", "", "b %d"],
      ["warn", "", "c"],
      ["error", "", "d"],
      ["fatal", "", "e"],
    ]);
  });

  it.each([
    ["a member", `const x = require("fleetlog").createLogger({}); x.info("m");`],
    [
      "an import",
      `import { createLogger } from "fleetlog/device"; let x = createLogger({}); x.info("m");`,
    ],
    [
      "an import with a star",
      `import * as f from "fleetlog"; const x = f.createLogger({}); x.info("m");`,
    ],
    [
      "a file of the program",
      `import { createLogger } from "./fleetlog.min.js"; var x = createLogger({}); x.info("m");`,
    ],
    ["an assignment", `let x; function f() { x = createLogger({}); } x.info("m");`],
    ["an assignment after null", `let x = null; x = createLogger({}); x.info("m");`],
    ["another name", `const y = createLogger({}); const x = y; x.info("m");`],
    ["no name", `createLogger({}).info("m");`],
    ["an inner scope", `{ const x = createLogger({}); { x.info("m"); } }`],
    ["optional chaining", `const x = createLogger({}); x?.info?.("m");`],
    ["a literal property", `const x = createLogger({}); x["info"]("m");`],
    ["types", `const x: Logger = createLogger({}) as Logger; (x as Logger)!.info("m");`],
  ])("are found where the logger comes from %s", (_what, text) => {
    expect(found(text, "ts", [])).toEqual([["info", "", "m"]]);
  });

  it("have the tag of their logger where the file says it", () => {
    const text = `
      const root = createLogger({});
      const wifi = root.tag("wifi"), any = root.tag(name);
      wifi.debug("a"); root.tag("net").info("b"); any.warn("c"); log.error("d"); log.tag("x").info("e");
      let two; two = root.tag("1"); two = root.tag("2"); two.info("f");`;

    expect(found(text)).toEqual([
      ["debug", "wifi", "a"],
      ["info", "net", "b"],
      ["warn", null, "c"],
      ["error", null, "d"],
      ["info", "x", "e"],
      ["info", null, "f"],
    ]);
  });

  it("are those on names taken for loggers, as identifier or property", () => {
    const text = `
      log.info("a"); this.log.info("b"); app.parts.logger.info("c"); audit.info("d"); log.x.info("e");
      class Pump { #log = log; run() { this.log?.warn("f"); } }`;

    expect(found(text)).toEqual([
      ["info", null, "a"],
      ["info", null, "b"],
      ["info", null, "c"],
      ["warn", null, "f"],
    ]);
    expect(found(text, "ts", ["audit"])).toEqual([["info", null, "d"]]);
  });

  it.each([
    ["the console", `console.info("m"); console.log("m"); this.console.warn("m");`],
    ["others with the same methods", `toast.info("m"); const n = new Notice(); n.warn("m");`],
    ["another package's logger", `const x = require("winston").createLogger({}); x.info("m");`],
    [
      "another package's import",
      `import { createLogger } from "vite"; const x = createLogger(); x.info("m");`,
    ],
    [
      "another package in pieces",
      `const { createLogger: c, createLogger } = require("bunyan"); const x = createLogger({}); x.info("m");`,
    ],
    ["text and comments", `const text = 'log.info("m")'; // log.info("m")`],
    ["a call without arguments", `log.info(); log.flush();`],
    [
      "values the logger formats itself",
      `log.error(1, {}); log.info({ a: 1 }); log.warn(new Error("m"));`,
    ],
    ["itself", `let x = x; x.info("m"); const a = b, b = a; a.info("m");`],
  ])("are not those of %s", (_what, text) => {
    expect(find(text)).toEqual({ calls: [], creations: [], doubts: [] });
  });

  it("have formats of literals, joined or in a template, with where they stand", () => {
    const text = `log.info("a" + 'b' + \`c\`); log.info(("d")); log.info("e" as const); log.info("\\u00e9\\n");`;

    const { calls } = find(text);

    expect(calls.map(({ format, start, end }) => [format, text.slice(start, end)])).toEqual([
      ["abc", `"a" + 'b' + \`c\``],
      ["d", `"d"`],
      ["e", `"e" as const`],
      ["é\n", `"\\u00e9\\n"`],
    ]);
  });

  it("stay as they are, with a word each, where the format is no literal", () => {
    const text = `
log.info(\`a \${b}\`);
log.info(format, 1);
  log.info("a" + b);
log.info(...args); log.info(is ? "a" : "b"); log.info(tag\`a\`); log.info("a" - "b");`;

    expect(doubts(text)).toEqual(
      ["2:0", "3:0", "4:2", "5:0", "5:19", "5:45", "5:63"].map(
        (at) => `${at} Cannot replace this log call's format: it is not a literal`,
      ),
    );
  });

  it.each([
    ["a parameter", `const wifi = createLogger({}); function f(wifi) { wifi.info("m"); }`],
    [
      "another object",
      `{ const wifi = new Wifi(); wifi.info("m"); } { let wifi = createLogger({}); }`,
    ],
    ["an import", `import wifi from "Wifi"; { const wifi = createLogger({}); wifi.info("m"); }`],
    ["a loop", `for (const wifi of all) wifi.info("m"); { const wifi = createLogger({}); }`],
    ["a part", `const { a: [wifi] } = b; wifi.info("m"); { const wifi = createLogger({}); }`],
    ["a caught error", `try {} catch (wifi) { wifi.info("m") } { const wifi = createLogger({}); }`],
  ])("stay as they are where the logger's name is also that of %s", (_what, text) => {
    expect(found(text)).toEqual([]);
    expect(doubts(text)).toEqual([
      expect.stringContaining("its logger's name means something else elsewhere in the file"),
    ]);
  });

  it.each([
    ["loglevel", `import log from "loglevel"; log.info("m"); log.warn("n");`],
    ["winston", `const log = require("winston").createLogger({}); log.info("m");`],
    ["pino", `const { pino } = await import("pino"); const log = pino(); log.info("m");`],
    ["console", `const log = console; log.info("m");`],
  ])("have a word of warning where only a name makes a logger of %s", (stranger, text) => {
    expect(found(text)[0]).toEqual(["info", null, "m"]);
    expect(doubts(text)).toEqual([
      expect.stringContaining(
        `Replaced formats of a logger from "${stranger}", because of its name`,
      ),
    ]);
  });

  it("are found in JavaScript, TypeScript and JSX", () => {
    expect(found(`const a = <T,>(b: T): b is T => log.info("m");`, "ts")).toHaveLength(1);
    expect(
      found(`const a = <b onClick={() => log.info("m")}>log.info("n")</b>;`, "jsx"),
    ).toHaveLength(1);
    expect(found(`const a: X = <b>{log.info("m")}</b>;`, "tsx")).toHaveLength(1);
    expect(found(`@d class A { @e accessor b = log.info("m"); }`, "js")).toHaveLength(1);
    expect(
      found(`class A { constructor(@d() private b: B) { log.info("m"); } }`, "ts"),
    ).toHaveLength(1);
    expect(
      found(`#!/usr/bin/env node\nwith (a) { return log.info("m", 010); }`, "js"),
    ).toHaveLength(1);
    expect(
      found(`await log.info("m"); import a from "./a.json" with { type: "json" };`),
    ).toHaveLength(1);
  });

  it("cannot be told in what is no program", () => {
    expect(() => find(`log.info(`)).toThrow(SyntaxError);
  });

  it("are found in a file of any size", () => {
    const long = `const a = [${"0,".repeat(200_000)}]; const b = ${"1+".repeat(3_000)}1;`;
    const text = `${long} ${"a=>a;".repeat(50_000)} log.info("m");`;

    expect(found(text, "js")).toHaveLength(1);
  });
});

describe("calls of createLogger", () => {
  it.each([
    [`createLogger({})`, `createLogger({dictionary: "h"})`],
    [`createLogger({ device })`, `createLogger({ device, dictionary: "h" })`],
    [
      `createLogger({ ...a, b: (1), /* c */ })`,
      `createLogger({ ...a, b: (1), dictionary: "h", /* c */ })`,
    ],
    [`a.b.createLogger({ c() {} } as D)`, `a.b.createLogger({ c() {}, dictionary: "h" } as D)`],
  ])("have room for a property: %s", (text, expected) => {
    const { gap = null, isNamed } = find(text).creations[0] ?? {};

    expect(isNamed).toBe(false);
    expect(`${text.slice(0, gap?.at)}${gap?.before}dictionary: "h"${text.slice(gap?.at)}`).toBe(
      expected,
    );
  });

  it("have none where the options are no literal", () => {
    const { creations } = find(`createLogger(options);\ncreateLogger();`);

    expect(creations).toEqual([
      { line: 1, column: 0, isNamed: false, gap: null },
      { line: 2, column: 0, isNamed: false, gap: null },
    ]);
  });

  it("may name a dictionary already", () => {
    const { creations } = find(
      `createLogger({ dictionary: hash }); createLogger({ "dictionary": "0" });`,
    );

    expect(creations.map(({ isNamed }) => isNamed)).toEqual([true, true]);
  });
});
