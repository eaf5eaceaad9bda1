import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { transform } from "@swc/core";
import { getQuickJS } from "quickjs-emscripten";
import { commandPath } from "./debian.ts";
import { enginePrelude } from "./engine-prelude.ts";
import { bundlePath, espruinoHandle, runFromFlash } from "./espruino.ts";

/** A JavaScript engine that can run the bundle. */
export interface Engine {
  name: string;
  /** Runs a program that requires `fleetlog`; answers the JSON of the line that begins with `DONE `. */
  run(program: string): Promise<unknown>;
}

const outcomeOf = (output: string): unknown => {
  const found = /^DONE (.*)$/m.exec(output);
  if (found === null) throw new Error(`The program did not end: ${output}`);
  return JSON.parse(found[1] ?? "");
};

/** What boards have and other engines lack, then the bundle where `require` finds it. */
const withPrelude = async (program: string): Promise<string> => {
  const bundle = await readFile(bundlePath, "utf8");
  return `${enginePrelude}\n(function (exports) {${bundle}\n})(modules.fleetlog);\n${program}`;
};

export const runOnNode = async (program: string): Promise<unknown> => {
  const lines: string[] = [];
  const context = createContext({ print: (line: string) => lines.push(line) });
  runInContext(await withPrelude(program), context);
  await new Promise((resolve) => setImmediate(resolve));
  return outcomeOf(lines.join("\n"));
};

const runOnQuickJs = async (program: string): Promise<unknown> => {
  const vm = (await getQuickJS()).newContext();
  const lines: string[] = [];
  const print = vm.newFunction("print", (line) => void lines.push(vm.getString(line)));
  try {
    vm.setProp(vm.global, "print", print);
    vm.unwrapResult(vm.evalCode(await withPrelude(program))).dispose();
    vm.runtime.executePendingJobs();
    return outcomeOf(lines.join("\n"));
  } finally {
    print.dispose();
    vm.dispose();
  }
};

/** Duktape knows ECMAScript 5: the program is lowered to it. */
const runOnDuktape = async (program: string): Promise<unknown> => {
  const lowered = await transform(await withPrelude(program), {
    jsc: { target: "es5", parser: { syntax: "ecmascript" } },
    isModule: false,
    swcrc: false,
  });
  const folder = await mkdtemp(join(tmpdir(), "fleetlog-duktape-"));
  try {
    const file = join(folder, "program.js");
    await writeFile(file, lowered.code);
    const { stdout } = await promisify(execFile)(commandPath("duk") ?? "duk", [file]);
    return outcomeOf(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The engines that are at hand. */
export const engines = (): Engine[] => {
  const handle = espruinoHandle();
  const found: Engine[] = [
    { name: "Node", run: runOnNode },
    { name: "QuickJS", run: runOnQuickJs },
    { name: "Duktape", run: runOnDuktape },
  ];
  if (handle) found.push({ name: "Espruino", run: (program) => runFromFlash(handle, program) });
  return found;
};
