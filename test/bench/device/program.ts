import { writeFile } from "node:fs/promises";
import { join } from "node:path";
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

/** A client and an agent: the client counts, the agent acks whatever was published last. */
const parts = `
var published = 0, last = null, drained, before = process.memory().usage;
var client = { on: function (name, listener) { drained = listener; } };
var mqtt = {
  connected: false, client: false, told: {}, connect: function () {}, subscribe: function () {},
  on: function (name, listener) { mqtt.told[name] = listener; },
  publish: function (topic, payload) { published++; last = payload; }
};
function varints(text, at, many) {
  for (var found = []; found.length < many; ) {
    for (var value = 0, unit = 1, byte = 128; byte >= 128; unit *= 128) {
      byte = text.charCodeAt(at++);
      value += (byte & 127) * unit;
    }
    found.push(value);
  }
  return found;
}
function varint(value) {
  for (var text = ""; value > 127; value = Math.floor(value / 128)) {
    text += String.fromCharCode((value % 128) | 128);
  }
  return text + String.fromCharCode(value);
}
var ackId = 0;
function ack() {
  if (!last || last.charCodeAt(0) < 160) return;
  var head = varints(last, 5, 6), more = varints(last, 5, head[5] ? 9 : 8).slice(head[5] ? 7 : 6);
  var held = Math.floor(more[0] / 2);
  if (more[0] & 1) held += more[1];
  mqtt.told.message("fleetlog/1/" + shard + "/board-1/down", "\\xb0\\1\\0\\0\\0" + last.substr(1, 4) + varint(head[0]) +
    varint(++ackId) + varint(head[1] + head[3]) + varint(held) + varint(1700000000000) + "\\0");
  last = null;
}
/** Acks until nothing is under way. */
function settle() {
  for (var seen = -1; seen != published; ) {
    seen = published;
    if (drained) drained();
    ack();
  }
}
`;

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
    `var shard = ${shard};${parts}
log = require("fleetlog").createLogger({
  device: "board-1", mqtt: mqtt, reconnect: false, level: "${which === "filtered" ? "fatal" : "debug"}"
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

/** Ends with the variables that the module and a logger take, and those there are. */
export const memoryProgram = `${parts}
var module, log;
before = process.memory().usage;
module = require("fleetlog");
var loaded = process.memory().usage;
log = module.createLogger({ device: "board-1", mqtt: mqtt, reconnect: false });
var made = process.memory().usage;
print("DONE " + JSON.stringify({ module: loaded - before, variables: made - before, total: process.memory().total }));
`;
