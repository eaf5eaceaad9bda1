import { describe, expect, it } from "vitest";
import type { LogEvent } from "../../shared/index.ts";
import { shardOf } from "../../shared/topic.ts";
import { boardAgent } from "../support/board-agent.ts";
import { type EspruinoHandle, runEspruino } from "../support/espruino.ts";
import { eventsOf, fakeAgent } from "../support/fake-agent.ts";

const timeoutMs = 120_000;

/** A logger beside its agent on the board; what is published goes to `frames` as well. */
const started = (options: string): string => `
var shard = ${shardOf("board-1")}, frames = [], offset = 0, realTime = getTime;
${boardAgent}
global.getTime = function () { return realTime() + offset; };
mqtt.publish = function (topic, payload) {
  published++; last = payload;
  if (payload.length > 10) frames.push(btoa(payload));
};
var log = require("fleetlog").createLogger({
  device: "board-1", mqtt: mqtt, reconnect: false, level: "debug", ${options}
});
function connect() { mqtt.connected = true; mqtt.client = client; mqtt.told.connected(); }
function done(more) {
  log.flush();
  settle();
  print("DONE " + JSON.stringify({ frames: frames, stats: log.stats(), more: more }));
}
`;

interface Outcome {
  frames: string[];
  stats: { logged: number; acked: number; pending: number; dropped: { [reason: string]: number } };
  more: number[];
}

const run = async (
  handle: EspruinoHandle,
  program: string,
): Promise<Outcome & { events: LogEvent[] }> => {
  const outcome = (await runEspruino(handle, program)) as Outcome;
  const agent = fakeAgent();
  for (const frame of outcome.frames) agent.receive(new Uint8Array(Buffer.from(frame, "base64")));
  return { ...outcome, events: eventsOf(agent) };
};

/** What the logger promises of itself, on a real engine. */
export const describeLoggerOn = (handle: EspruinoHandle): void => {
  describe("logger on espruino", () => {
    it("takes log calls from inside toJSON in the middle of a frame", async () => {
      const { events, stats } = await run(
        handle,
        `${started("")}
        var reading = { toJSON: function () { for (var i = 0; i < 6; i++) log.warn("inner %d", i); return 7; } };
        connect();
        log.info("before");
        log.info("outer %s", reading);
        log.info("after");
        done();`,
      );

      expect(events.map(({ site }) => site.format)).toEqual([
        "before",
        "outer %s",
        ...Array<string>(4).fill("inner %d"),
        "after",
      ]);
      expect(stats).toMatchObject({ logged: 9, acked: 7, pending: 0, dropped: { busy: 2 } });
    });

    it("keeps its uptime where the clock is set by 10 years either way in mid-frame", async () => {
      const { events, more } = await run(
        handle,
        `${started("flushAfterMs: 400")}
        var calls = [];
        function note(name) { calls.push(Math.floor(realTime() * 1000)); log.info(name); }
        connect();
        note("a");
        function first() { offset = 3.2e8; log.info("b"); setTimeout(second, 700); }
        function second() { settle(); note("c"); setTimeout(third, 100); }
        function third() { offset = -3.2e8; log.info("d"); setTimeout(fourth, 700); }
        function fourth() { settle(); note("e"); done(calls); }
        setTimeout(first, 100);`,
      );

      const told = events.filter(({ site }) => site.tag === "fleetlog");
      const steps = told.map(({ values }) => Math.round((values[0] as number) / 1e10));
      expect(steps).toEqual([32, -64]);
      const strayMs = ["a", "c", "e"].map((format, call) => {
        const event = events.find(({ site }) => site.format === format);
        return (event?.uptimeMs ?? Number.NaN) - (more[call] ?? Number.NaN);
      });
      // What a timer was late by where a step was found is not known.
      expect(Math.max(...strayMs) - Math.min(...strayMs)).toBeLessThan(200);
    });

    it(
      "outlives a program that eats its memory, and goes on when that is over",
      async () => {
        const { events, stats, more } = await run(
          handle,
          `${started("outboxBytes: 6000, rateLimit: false")}
        var eaten = [], least = 1e9, count = 0;
        function step() {
          for (var i = 0; i < 20; i++) log.info("event %d of %s", count++, "some text " + count);
          for (var free = process.memory().free, i = 0; i < 8; i++) eaten.push("0123456789" + count);
          if (free < least) least = free;
          if (free > 130) return setTimeout(step, 1);
          eaten = undefined;
          connect();
          settle();
          setTimeout(function () { log.info("noticed"); log.info("afterwards"); done([least]); }, 50);
        }
        step();`,
        );

        const dropped = (stats.dropped.ring_full ?? 0) + (stats.dropped.outbox_full ?? 0);
        expect(more[0]).toBeLessThanOrEqual(130);
        expect(stats.dropped.outbox_full).toBeGreaterThan(0);
        expect(stats).toMatchObject({ pending: 0, acked: stats.logged - dropped });
        expect(events.at(-1)?.site.format).toBe("afterwards");
      },
      timeoutMs,
    );

    it(
      "takes no more memory after 3,000 events offline than after 1,000",
      async () => {
        const { more } = await run(
          handle,
          `${started("rateLimit: false")}
        var count = 0, early = 0;
        function batch() {
          for (var i = 0; i < 100; i++) {
            if (count++ % 5) log.info("reading %d of %s", count, "inlet");
            else log.warn("site " + count % 9 + " %d %s", count, "value " + count % 30);
          }
          if (count === 1000) early = process.memory().usage;
          if (count < 3000) setTimeout(batch, 0);
          else { var late = process.memory().usage; connect(); done([early, late]); }
        }
        batch();`,
        );

        const [early = 0, late = 0] = more;
        expect(late).toBeLessThanOrEqual(early + 10);
      },
      timeoutMs,
    );

    it("records an uncaught exception as fatal", async () => {
      const { events } = await run(
        handle,
        `${started("captureErrors: true")}
        connect();
        setTimeout(function () { nothing(); }, 20);
        setTimeout(done, 100);`,
      );

      expect(events[0]).toMatchObject({
        site: { level: "fatal", format: "uncaught %s %s" },
        values: ['ReferenceError: "nothing" is not defined', expect.stringContaining("at ")],
      });
    });

    it("leaves the engine its own report of the exception", async () => {
      const program = `${started("captureErrors: true")}
        setTimeout(function () { throw new Error('DONE {"isReported":true}'); }, 20);`;

      expect(await runEspruino(handle, program)).toEqual({ isReported: true });
    });

    it("names the engine's error flags", async () => {
      const { events, more } = await run(
        handle,
        `${started("")}
        connect();
        var many = 0, looks = 0;
        setTimeout(function () { LoopbackA.write(new Uint8Array(10000)); }, 20);
        setTimeout(function () { for (var all = []; many < 3000; many++) all.push([1, 2]); }, 60);
        var timer = setInterval(function () {
          if (++looks < 4) return;
          clearInterval(timer);
          done([many]);
        }, 100);`,
      );

      const names = ["FIFO_FULL"];
      // A build whose memory grows runs out of none.
      if ((more[0] as number) < 3_000) names.push("LOW_MEMORY, MEMORY");
      expect(events.map(({ site, values }) => [site.level, site.tag, site.format, values])).toEqual(
        names.map((name) => ["warn", "fleetlog", "error flags: %s", [name]]),
      );
    });
  });
};
