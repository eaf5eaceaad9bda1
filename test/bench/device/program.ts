import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { boardAgent } from "../../support/board-agent.ts";
import type { Call } from "./corpus.ts";

/** What is measured of a corpus: calls below the level, calls that become entries, calls without room. */
export const cases = ["filtered", "encoded", "refused"] as const;

export type Case = (typeof cases)[number];

/** Calls that are timed together: a board holds the text of no more. */
const chunkCalls = 5;

const literal = (value: unknown): string => JSON.stringify(value);

/** Writes the calls as functions, beside the same calls of `JSON.stringify`; answers how many files. */
export const writeChunks = async (folder: string, calls: readonly Call[]): Promise<number> => {
  let count = 0;
  for (let from = 0; from < calls.length; from += chunkCalls, count++) {
    const part = calls.slice(from, from + chunkCalls);
    const tags = [...new Set(part.map(({ tag }) => tag))];
    const loggers = tags.map((_tag, index) => `L${index}=log;`);
    const logs = part.map(
      ({ level, tag, args }) =>
        `L${tags.indexOf(tag)}.${level}(${args.map((value) => literal(value)).join(",")});`,
    );
    const texts = part.map(({ args }) => `JSON.stringify(${literal(args)});`);
    const body = `${loggers.join("")}\nA=function(){${logs.join("")}};B=function(){${texts.join("")}};`;
    await writeFile(join(folder, `${count}.js`), body);
  }
  return count;
};

/** Puts a program where a board has it, in flash, and runs it. */
const fromFlash = async (folder: string, program: string): Promise<string> => {
  const path = join(folder, "program.js");
  await writeFile(path, program);
  return `require("Storage").write("program", require("fs").readFileSync(${literal(path)}));require("program");`;
};

interface Timing {
  /** Where the chunks are. */
  folder: string;
  chunks: number;
  which: Case;
  shard: number;
}

/** Times the chunks; ends with the µs of each, and of the same calls of `JSON.stringify`. */
export const timingProgram = ({ folder, chunks, which, shard }: Timing): Promise<string> =>
  fromFlash(
    folder,
    `var shard = ${shard};${boardAgent}
log = require("fleetlog").createLogger({
  device: "board-1", mqtt: mqtt, reconnect: false, rateLimit: false, level: "${which === "filtered" ? "fatal" : "debug"}"
});
${which === "encoded" ? "mqtt.connected = true; mqtt.client = client; mqtt.told.connected();" : ""}
${which === "refused" ? 'for (var n = 0; !log.stats().dropped.ring_full; n++) log.error("filler %d", n * 7919);' : ""}
var times = new Float32Array(${chunks}), bases = new Float32Array(${chunks});
function time(work) {
  var from = getTime();
  work();
  return (getTime() - from) * 1000000;
}
for (var index = 0; index < ${chunks}; index++) {
  eval(require("fs").readFileSync(${literal(folder)} + "/" + index + ".js"));
  bases[index] = time(B);
  times[index] = time(A);
  A = B = null;
  settle();
}
print("DONE " + JSON.stringify({ times: [].slice.call(times), bases: [].slice.call(bases), stats: log.stats(), published: published }));
`,
  );

/**
 * Ends with the variables that the module and a logger take, those there are, and the bytes of what a
 * logger holds that knows 64 sites, two values of each.
 */
export const memoryProgram = (shard: number): string => `var shard = ${shard};${boardAgent}
var module, log;
before = process.memory().usage;
module = require("fleetlog");
var loaded = process.memory().usage;
log = module.createLogger({ device: "board-1", mqtt: mqtt, reconnect: false });
var made = process.memory().usage;
mqtt.connected = true; mqtt.client = client; mqtt.told.connected(); settle();
for (var site = 0; site < 64; site++) {
  log.info("event " + site + " of %s: %d", "place " + site, site * 1000);
  if (site % 8 === 7) { log.flush(); settle(); }
}
last = null;
var held = process.memory();
print("DONE " + JSON.stringify({
  module: loaded - before, variables: made - before, total: held.total,
  stateBytes: (held.usage - loaded) * held.blocksize
}));
`;
