import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import { crc32 } from "../../shared/codec/crc32.ts";
import { createTable } from "../../shared/codec/table.ts";
import type { BoardStart } from "../support/board-journal.ts";
import { espruinoHandle, runEspruino, setTakesText } from "../support/espruino.ts";
import { fakeEspruino } from "../support/fake-espruino.ts";
import { fakeFlashModule, fakeStorage } from "../support/fake-storage.ts";

const dist = (path: string): string =>
  fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** Builds the program with all it needs, over the engine's own CRC-32 and UTF-8. */
const buildProgram = async (outfile: string): Promise<void> => {
  const native = dist("device/platforms/espruino-native.js");
  await build({
    entryPoints: [dist("test/support/board-journal.js")],
    outfile,
    bundle: true,
    minify: true,
    format: "cjs",
    target: "es2015",
    charset: "ascii",
    inject: [native],
    define: { "Math.floor": "floor", "Math.max": "max", "Math.min": "min" },
    logOverride: { "commonjs-variable-in-esm": "silent" },
    plugins: [
      {
        name: "native-codec",
        setup(builder) {
          builder.onResolve({ filter: /\/(text|crc32)\.js$/ }, () => ({ path: native }));
        },
      },
    ],
  });
};

/** What a start's frames are on Node. */
const framesOf = (): [number, number, string[]][] => {
  const writer = createBodyWriter(createTable({ sites: 16, texts: 4 }, undefined));
  const names = ["\x01\x02\0temp %d of %s", "\x02\0\x04pumpr\xc3\xa9sum\xc3\xa9", "\x06inlet"];
  return [0, 2, 4].map((first) => {
    writer.event(1, "", "temp %d of %s", [first, "inlet"], 0, Infinity);
    writer.event(2, "pump", "r\xc3\xa9sum\xc3\xa9", [], 5, Infinity);
    return [first, crc32(writer.seal().bytes), names.slice(0, first === 0 ? 2 : 3)];
  });
};

const kinds = ["files of Storage", "pages of Flash"] as const;

const callOf = (kind: (typeof kinds)[number]): string =>
  `require("board").startBoard(${kind === kinds[0] ? 'require("Storage")' : "null"}, require("Flash"));`;

const expectFound = (starts: BoardStart[]): void => {
  const frames = framesOf();
  expect(starts.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(starts.map(({ heldFrom }) => heldFrom)).toEqual([1, 1, 1, 2]);
  expect(starts.map(({ earlier }) => earlier)).toEqual([
    null,
    [1, 320, frames],
    [1, 320, frames],
    [2, 320, frames],
  ]);
};

const handle = espruinoHandle();

describe("journal on a board", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetlog-board-"));
    await buildProgram(join(folder, "board.js"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each(kinds)("keeps frames in %s over restarts, between fakes", async (kind) => {
    const text = await readFile(join(folder, "board.js"), "utf8");
    const modules: Record<string, object> = {
      Storage: fakeStorage(),
      Flash: fakeFlashModule(0x10000000, 256),
    };
    const starts = [1, 2, 3, 4].map(() => {
      const lines: string[] = [];
      const globals = fakeEspruino().globals;
      const exports = {};
      const context = createContext({
        ...globals,
        exports,
        process: { memory: () => ({ free: 0 }) },
        require: (name: string) => modules[name] ?? exports,
        print: (line: string) => lines.push(line),
      });
      runInContext(setTakesText, context);
      runInContext(text, context);
      runInContext(callOf(kind), context);
      return JSON.parse((lines[0] ?? "").replace("DONE ", "")) as BoardStart;
    });

    expectFound(starts);
  });

  if (handle !== null) {
    it.each(kinds)("keeps frames in %s over restarts of an Espruino", async (kind) => {
      const starts: BoardStart[] = [];
      for (let count = 0; count < 4; count++) {
        const run = { folder, modules: { board: join(folder, "board.js") } };
        starts.push((await runEspruino(handle, callOf(kind), run)) as BoardStart);
      }

      expectFound(starts);
      expect(Math.max(...starts.map(({ variables }) => variables))).toBeLessThan(300);
    });
  }
});
