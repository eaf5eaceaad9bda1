import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseDictionary } from "../../../agent/dictionary/dictionary.ts";
import { messageBy, runProgram, writeProgram } from "../../support/built-program.ts";

const command = fileURLToPath(new URL("../../../dist/agent/cli/fleetlog.js", import.meta.url));

const program = {
  "app.js": `
const log = require("fleetlog").createLogger({ device: "pump-7", mqtt: require("client") });
log.info("temp %d of %s", 21, "inlet");
log.info(\`now \${1}\`);
require("./part").run(log);
`,
  "part.ts": `export const run = (log: any): void => { log.warn("temp %d of %s", 7, "é"); log.error("é"); };`,
};

interface Exit {
  code: number;
  output: string[];
  errors: string;
}

/** Runs `fleetlog dictionary build` in a folder. */
const buildIn = (directory: string, ...args: string[]): Promise<Exit> =>
  new Promise((resolve) => {
    const whole = [command, "dictionary", "build", ...args];
    execFile(process.execPath, whole, { cwd: directory }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, output: stdout.split("\n").slice(0, -1), errors: stderr });
    });
  });

describe("dictionary command", () => {
  it("builds a program and its dictionary, and says what it did", async () => {
    const directory = await writeProgram(program);
    const flags = ["--outfile", "out/pump.js", "--dictionary", "dictionaries/pump-1.json"];

    const { code, output, errors } = await buildIn(directory, "app.js", ...flags);

    const path = join(directory, "dictionaries/pump-1.json");
    const dictionary = parseDictionary(await readFile(path, "utf8"), path);
    const run = await runProgram(await readFile(join(directory, "out/pump.js"), "utf8"));
    expect(output).toEqual([
      "warning: app.js:4: Cannot replace this log call's format: it is not a literal",
      "Replaced 2 formats in 3 calls: 22 bytes of text left the program.",
      `Wrote out/pump.js, and dictionaries/pump-1.json with the hash ${dictionary.hash}.`,
    ]);
    expect([code, errors]).toEqual([0, ""]);
    expect(run.announced).toEqual([dictionary.hash]);
    expect(run.events.map(({ site }) => site.format)).toEqual(["\x010", "now 1", "\x010", "\x011"]);
    expect(run.events.map((event) => messageBy(dictionary, event))).toEqual([
      "temp 21 of inlet",
      "now 1",
      "temp 7 of é",
      "é",
    ]);
  });

  it.each(["", "--minify", "--minify --target es2015", "--format iife"])(
    "writes a program in ASCII into dist where it is not told where: %j",
    async (flags) => {
      const directory = await writeProgram(program);

      const { code } = await buildIn(directory, "app.js", ...flags.split(" ").filter(Boolean));

      const text = await readFile(join(directory, "dist/app.js"), "utf8");
      expect(code).toBe(0);
      expect(text).toMatch(/^[\n\x20-\x7e]*$/);
      expect(text).toContain(String.raw`"\x010"`);
      expect((await runProgram(text)).events.map(({ site }) => site.format)).toContain("\x011");
      expect(await readFile(join(directory, "dist/dictionary.json"), "utf8")).toContain("temp %d");
    },
  );

  it("builds a module", async () => {
    const directory = await writeProgram({
      "app.ts": `import { createLogger } from "fleetlog"; export const log = createLogger({});`,
    });

    await buildIn(directory, "app.ts", "--format", "esm", "--outfile", "out.mjs");

    const text = await readFile(join(directory, "out.mjs"), "utf8");
    expect(text).toMatch(/^import { createLogger } from "fleetlog";$/m);
  });

  it("takes names for loggers", async () => {
    const directory = await writeProgram({ "app.js": `audit.info("a"); b.trail.warn("b");` });

    const { output } = await buildIn(directory, "app.js", "--names", "audit,trail");

    expect(output[1]).toContain("Replaced 2 formats in 2 calls");
  });

  it.each([
    ["absent.js", /^Cannot build "absent.js": Could not resolve ".*absent.js"\n$/],
    ["broken.js", /^Cannot build "broken.js": broken.js:2: Unexpected ";"\n$/],
    [
      "missing.js",
      /^Cannot build "missing.js": missing.js:1: Could not resolve ".\/a.js"; and 1 more\n$/,
    ],
  ])("says what is wrong with %s in one line, and writes nothing", async (entry, message) => {
    const directory = await writeProgram({
      "broken.js": `log.info("a");\nlet b = ;`,
      "missing.js": `import "./a.js"; import "./b.js";`,
    });

    const { code, output, errors } = await buildIn(directory, entry);

    expect(errors).toMatch(message);
    expect([code, output]).toEqual([1, []]);
    await expect(readFile(join(directory, "dist", entry))).rejects.toThrow("ENOENT");
  });

  it.each(["--outfile", "--dictionary"])("never writes %s over the program", async (flag) => {
    const directory = await writeProgram({ "app.js": `log.info("a");` });

    const { code, errors } = await buildIn(directory, "app.js", flag, "app.js");

    expect([code, errors]).toEqual([
      1,
      'Cannot build "app.js": "app.js" is a file of the program, name another\n',
    ]);
    expect(await readFile(join(directory, "app.js"), "utf8")).toBe(`log.info("a");`);
  });

  it("says where it cannot write", async () => {
    const directory = await writeProgram({ "app.js": `log.info("a");` });
    await writeFile(join(directory, "dist"), "a file");

    const { code, errors } = await buildIn(directory, "app.js");

    expect(code).toBe(1);
    expect(errors).toMatch(/^Cannot build "app.js": E\w+: .*dist.*\n$/);
  });
});
