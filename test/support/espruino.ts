import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a real Espruino is, as `npm test` was told; null where it was not. */
export interface EspruinoHandle {
  /** The interpreter, built for Linux. */
  binary: string;
  /** Folder with the stock `MQTT.js`. */
  modules: string;
}

export const espruinoHandle = (): EspruinoHandle | null => {
  const { ESPRUINO: binary, ESPRUINO_MODULES: modules } = process.env;
  return binary && modules ? { binary, modules } : null;
};

/** From the sources, and from what they are built into. */
const dist = import.meta.url.endsWith(".ts") ? "../../dist" : "../..";

const built = (file: string): string =>
  fileURLToPath(new URL(`${dist}/device/${file}`, import.meta.url));

/** The module that boards load, and the one without the parts that a logger may do without. */
export const bundlePath: string = built("fleetlog.min.js");
export const corePath: string = built("fleetlog-core.min.js");

/** The module for boards without network. */
export const serialPath: string = built("fleetlog-serial.min.js");

/** Puts the modules where a board has them, in flash: their code then takes no memory. */
const withModules = (paths: Record<string, string>, program: string): string => `
${JSON.stringify(Object.entries(paths).flat())}.forEach(function (path, place, all) {
  if (place & 1) require("Storage").write(all[place - 1], require("fs").readFileSync(path));
});
${program}
`;

const stockModules = (handle: EspruinoHandle): Record<string, string> => ({
  MQTT: join(handle.modules, "MQTT.js"),
  fleetlog: bundlePath,
});

export interface EspruinoRun {
  /** Folder that keeps the board's flash for the next run; without it, it goes away. */
  folder?: string;
  /** Modules by name, instead of the stock ones. */
  modules?: Record<string, string>;
  /** Text of the module `program`. */
  own?: string;
}

/** Runs a program from where a board has its own, in flash: see `runEspruino`. */
export const runFromFlash = (handle: EspruinoHandle, program: string): Promise<unknown> =>
  runEspruino(handle, 'require("program");', { own: program });

/** Runs a program until it prints a line that begins with `DONE `; answers the JSON after it. */
export const runEspruino = async (
  handle: EspruinoHandle,
  program: string,
  run: EspruinoRun = {},
): Promise<unknown> => {
  const folder = run.folder ?? (await mkdtemp(join(tmpdir(), "fleetlog-espruino-")));
  const file = join(folder, "program.js");
  const own = join(folder, "own.js");
  await writeFile(own, run.own ?? ";");
  const modules = run.modules ?? { ...stockModules(handle), program: own };
  await writeFile(file, withModules(modules, program));
  const board = spawn(handle.binary, [file], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  try {
    return await new Promise((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        output += chunk.toString("latin1");
        const done = /^.*?DONE (.*)\r?\n/m.exec(output);
        if (done) resolve(JSON.parse(done[1] ?? ""));
      };
      board.stdout.on("data", take);
      board.stderr.on("data", take);
      board.on("error", reject);
      board.on("exit", (code) => reject(new Error(`Espruino ended with ${code}: ${output}`)));
    });
  } finally {
    board.removeAllListeners();
    board.kill("SIGKILL");
    if (run.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
};

/** As on the engine, a typed array takes a text for its bytes. */
export const setTakesText = `{
  const set = Uint8Array.prototype.set;
  Uint8Array.prototype.set = function (source, offset) {
    const isText = typeof source === "string";
    set.call(this, isText ? Array.from(source, (char) => char.charCodeAt(0)) : source, offset);
  };
}`;
