import { expect } from "vitest";
import type { Stats } from "../../device/logger.ts";
import { shardOf } from "../../shared/topic.ts";
import { boardAgent } from "../support/board-agent.ts";
import { runOnNode } from "../support/engines.ts";
import { eventsOf, type FakeAgent, fakeAgent } from "../support/fake-agent.ts";
import { encodingProgram } from "./encoding.ts";

/** What each engine must do alike: a program, in ES5, and what it has to end with. */
export interface EngineCase {
  title: string;
  program: string;
  check(outcome: unknown): void | Promise<void>;
}

interface Outcome {
  /** Frames as published, in hexadecimal digits. */
  frames: string[];
  stats: Stats;
  result: unknown;
}

/**
 * A logger with a client and an agent of its own, a clock that the program sets, and what it
 * publishes kept for the check.
 */
const boardProgram = (work: string): string => `
var shard = ${shardOf("board-1")}, time = 100000, timers = [], timerId = 0, frames = [];
${boardAgent}
global.getTime = function () { return time / 1000; };
global.setTimeout = function (callback, delayMs) {
  timers.push({ id: ++timerId, atMs: time + delayMs, callback: callback });
  return timerId;
};
global.clearTimeout = function (id) {
  timers = timers.filter(function (timer) { return timer.id !== id; });
};
function advance(ms) {
  var endMs = time + ms;
  function isDue(timer) { return timer.atMs <= endMs; }
  for (var due = timers.filter(isDue); due.length > 0; due = timers.filter(isDue)) {
    var next = due.reduce(function (left, right) { return right.atMs < left.atMs ? right : left; });
    clearTimeout(next.id);
    time = Math.max(time, next.atMs);
    next.callback();
  }
  time = endMs;
}
mqtt.publish = function (topic, payload) {
  published++;
  last = payload;
  if (payload.charCodeAt(0) < 128) return;
  for (var index = 0, digits = ""; index < payload.length; index++) {
    digits += (256 + payload.charCodeAt(index)).toString(16).substr(1);
  }
  frames.push(digits);
};
function connect() { mqtt.connected = true; mqtt.client = client; mqtt.told.connected(); }
function disconnect() { mqtt.connected = mqtt.client = false; mqtt.told.disconnected(); }
function done(result) {
  print("DONE " + JSON.stringify({ frames: frames, stats: log.stats(), result: result === undefined ? null : result }));
}
var log = require("fleetlog").createLogger({ device: "board-1", mqtt: mqtt, reconnect: false, level: "debug",
  rateLimit: { perSecond: 1000, burst: 1000 } });
${work}
`;

/** An agent that has received the frames. */
const receive = (frames: readonly string[]): FakeAgent => {
  const agent = fakeAgent();
  for (const frame of frames) agent.receive(new Uint8Array(Buffer.from(frame, "hex")));
  return agent;
};

const board = (
  title: string,
  work: string,
  check: (outcome: Outcome, agent: FakeAgent) => void,
): EngineCase => ({
  title,
  program: boardProgram(work),
  check: (outcome) => check(outcome as Outcome, receive((outcome as Outcome).frames)),
});

const numbersOf = (agent: FakeAgent): unknown[] => eventsOf(agent).map(({ values }) => values[0]);

export const cases: readonly EngineCase[] = [
  board(
    "delivers events of every kind of value",
    `connect();
log.info("temp %d of %s", 21, "inlet");
log.tag("wifi").debug("rssi %d", -71.25);
log.warn("mixed", true, null, undefined, { a: [1, "b"] }, 9007199254740991, "");
log.error("failed", new TypeError("bad"), new Uint8Array([0, 1, 128, 255]), 1 / 3);
log.metric("load", 0.5, "Percent");
log.flush(); settle(); done();`,
    ({ stats }, agent) => {
      expect(
        eventsOf(agent).map(({ site, values }) => [site.level, site.tag, site.format, values]),
      ).toEqual([
        ["info", "", "temp %d of %s", [21, "inlet"]],
        ["debug", "wifi", "rssi %d", [-71.25]],
        ["warn", "", "mixed", [true, null, null, { json: '{"a":[1,"b"]}' }, 2 ** 53 - 1, ""]],
        ["error", "", "failed", ["TypeError: bad", new Uint8Array([0, 1, 128, 255]), 1 / 3]],
        ["info", "Percent", "load", [0.5]],
      ]);
      expect(stats).toMatchObject({ logged: 5, acked: 5, pending: 0, dropped: {} });
    },
  ),
  {
    title: "encodes what Node encodes, byte for byte",
    program: encodingProgram,
    async check(outcome) {
      expect(outcome).toMatchObject({
        frames: ((await runOnNode(encodingProgram)) as { frames: number[] }).frames,
        stats: { logged: 500, acked: 500, pending: 0, dropped: {} },
      });
    },
  },
  board(
    "defines a site until an ack covers it, and again for another store",
    `connect();
log.info("level %d", 1); log.flush(); settle();
log.info("level %d", 2); log.flush(); drained();
var head = varints(last, 5, 6);
mqtt.told.message("fleetlog/1/" + shard + "/board-1/down", "\\xb0\\2\\0\\0\\0" + last.substr(1, 4) + varint(head[0]) +
  varint(++ackId) + varint(head[1]) + varint(0) + varint(1700000000000) + "\\0");
drained(); done();`,
    ({ frames }, agent) => {
      expect(frames).toHaveLength(3);
      expect(frames[1]).not.toContain(Buffer.from("level %d").toString("hex"));
      expect(numbersOf(agent)).toEqual([1, 2]);
      expect(numbersOf(receive(frames.slice(2)))).toEqual([2]);
    },
  ),
  board(
    "counts what has no room, and tells the agent",
    `for (var count = 0; count < 900; count++) log.info("event %d", count * 79);
var most = log.stats().bytes;
connect(); settle(); log.flush(); settle(); done(most);`,
    ({ stats, result }, agent) => {
      const told = [...agent.entries.values()].map((each) =>
        each.kind === "drop" ? each.drop : null,
      );
      expect(result).toBeLessThanOrEqual(2_048);
      expect(stats.dropped.ring_full).toBeGreaterThan(0);
      expect(stats.acked + (stats.dropped.ring_full ?? 0)).toBe(900);
      expect(numbersOf(agent)).toEqual(
        Array.from({ length: stats.acked }, (_, count) => count * 79),
      );
      expect(told.filter((each) => each !== null)).toEqual([
        { level: "info", reason: "ring_full", count: stats.dropped.ring_full },
      ]);
    },
  ),
  board(
    "sends again what got no ack, and frees it only for its own",
    `connect();
log.error("first"); drained();
var before = log.stats();
advance(5000); drained();
mqtt.told.message("fleetlog/1/" + shard + "/board-1/down", "\\xb0\\1\\0\\0\\0none\\0\\1\\1\\0\\0\\0");
var after = log.stats();
settle(); done([before, after]);`,
    ({ frames, stats, result }, agent) => {
      expect(result).toMatchObject([
        { sent: 1, resent: 0, pending: 1 },
        { sent: 1, resent: 1, pending: 1 },
      ]);
      expect(frames).toHaveLength(2);
      expect(stats).toMatchObject({ acked: 1, pending: 0 });
      expect(eventsOf(agent)).toHaveLength(1);
    },
  ),
  board(
    "loses nothing when a connection breaks under way",
    `connect();
for (var count = 0; count < 3; count++) log.info("event %d", count);
log.flush(); disconnect();
for (; count < 6; count++) log.info("event %d", count);
advance(6000); connect(); settle(); done();`,
    ({ stats }, agent) => {
      expect(stats).toMatchObject({ logged: 6, acked: 6, pending: 0, dropped: {} });
      expect(numbersOf(agent)).toEqual([0, 1, 2, 3, 4, 5]);
    },
  ),
  board(
    "ends a boot in good order",
    `connect();
log.info("last words");
log.close(1000).then(done);
settle(); advance(300);`,
    ({ result }, agent) => {
      expect(result).toBe(true);
      expect([...agent.entries.values()].map(({ kind }) => kind)).toEqual(["event", "end"]);
    },
  ),
];
