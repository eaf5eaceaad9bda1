import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Stats } from "../../device/logger.ts";
import { bootTag } from "../../shared/boot-event.ts";
import { commandFormat } from "../../shared/command-event.ts";
import { espruinoHandle, runEspruino } from "../support/espruino.ts";
import { eventsOf, type FakeAgent, fakeAgent } from "../support/fake-agent.ts";
import { type LoopbackBroker, loopbackBroker } from "../support/loopback-broker.ts";
import { describeLoggerOn } from "./espruino-logger.ts";

const handle = espruinoHandle();
const connected = (port: number, more = ""): string => `
var mqtt = require("MQTT").create("127.0.0.1", { port: ${port}, client_id: "board-1" });
var log = require("fleetlog").createLogger({ device: "board-1", mqtt: mqtt, level: "debug"${more} });
`;

/** Without the logger's own events: on a busy machine the engine's error flags are among them. */
const loggedOf = (agent: FakeAgent) => eventsOf(agent).filter(({ site }) => site.tag !== bootTag);

const closing = `
log.close(8000).then(function (isComplete) {
  print("DONE " + JSON.stringify({ isComplete: isComplete, stats: log.stats() }));
});
`;

interface Outcome {
  isComplete: boolean;
  stats: Stats;
}

if (handle === null) {
  describe("espruino", () => {
    it("says in one visible line that its suite did not run, and why", () => {
      process.stderr.write(
        "Espruino suite did not run: set ESPRUINO=<binary> ESPRUINO_MODULES=<folder with MQTT.js>\n",
      );

      expect(handle).toBeNull();
    });
  });
} else {
  describeLoggerOn(handle);
  describe("espruino", () => {
    let server: LoopbackBroker;
    let agent: FakeAgent;

    beforeEach(async () => {
      server = await loopbackBroker();
      agent = fakeAgent();
      server.broker.on("publish", (packet, client) => {
        if (client === null || !packet.topic.endsWith("/up")) return;
        const ack = agent.receive(new Uint8Array(packet.payload as Buffer));
        void server.publish(packet.topic.replace(/up$/, "down"), ack);
      });
    });
    afterEach(() => server.close());

    it("delivers every kind of value through the stock module and a real broker", async () => {
      const program = `${connected(server.port)}
        log.info("temp %d of %s", 21, "inlet");
        log.tag("wifi").debug("rssi %d", -71.25);
        log.warn("mixed", true, null, undefined, { a: [1, "b"] }, 9007199254740991, "");
        log.error("failed", new TypeError("bad"), new Uint8Array([0, 1, 128, 255]), 1 / 3);
        try { nothing(); } catch (e) { log.error(e); }
        setTimeout(function () { ${closing} }, 100);`;

      const outcome = (await runEspruino(handle, program)) as Outcome;

      expect(outcome).toMatchObject({ isComplete: true, stats: { logged: 5, pending: 0 } });
      const events = loggedOf(agent).map((event) => [
        event.site.level,
        event.site.tag,
        event.site.format,
        event.values,
      ]);
      expect(events).toEqual([
        ["info", "", "temp %d of %s", [21, "inlet"]],
        ["debug", "wifi", "rssi %d", [-71.25]],
        ["warn", "", "mixed", [true, null, null, { json: '{"a":[1,"b"]}' }, 2 ** 53 - 1, ""]],
        ["error", "", "failed", ["TypeError: bad", new Uint8Array([0, 1, 128, 255]), 1 / 3]],
        ["error", "", "%s", ['ReferenceError: "nothing" is not defined']],
      ]);
      expect([...agent.entries.values()].at(-1)?.kind).toBe("end");
    });

    it("sends text as UTF-8, whatever its strings are made of", async () => {
      const program = `${connected(server.port)}
        log.info("r\\xc3\\xa9sum\\xc3\\xa9 %s", "\\xe2\\x82\\xac 5");
        setTimeout(function () { ${closing} }, 100);`;

      await runEspruino(handle, program);

      expect(loggedOf(agent).map((event) => [event.site.format, event.values])).toEqual([
        ["résumé %s", ["€ 5"]],
      ]);
    });

    it("holds no more than 2 kB before there is a connection, and accounts for all", async () => {
      const program = `${connected(server.port, ", rateLimit: false")}
        var most = 0;
        for (var count = 0; count < 300; count++) {
          log.info("event %d", count);
          most = Math.max(most, log.stats().bytes);
        }
        setTimeout(function () {
          log.close(8000).then(function (isComplete) {
            print("DONE " + JSON.stringify({ most: most, isComplete: isComplete, stats: log.stats() }));
          });
        }, 3000);`;

      const outcome = (await runEspruino(handle, program)) as Outcome & { most: number };

      expect(outcome.most).toBeLessThanOrEqual(2_048);
      const own = eventsOf(agent).length - loggedOf(agent).length;
      const { acked, dropped, logged, pending } = outcome.stats;
      expect([outcome.isComplete, logged - own, pending]).toEqual([true, 300, 0]);
      expect(eventsOf(agent)).toHaveLength(acked);
      expect(acked - own + (dropped.ring_full ?? 0)).toBe(300);
    });

    it("has the level that a command says, for its time", async () => {
      agent.command = { id: 7, kind: 0, remainingMs: 500, value: 1, tag: "wifi" };
      const program = `${connected(server.port, ", flushAfterMs: 50")}
        log.level = "info";
        var wifi = log.tag("wifi"), wasSet = false;
        log.info("hello");
        var timer = setInterval(function () {
          wifi.debug("while %s", wifi.level);
          if (wifi.level === "debug") wasSet = true;
          if (!wasSet || wifi.level) return;
          clearInterval(timer);
          ${closing}
        }, 100);`;

      const outcome = (await runEspruino(handle, program)) as Outcome;

      const events = eventsOf(agent);
      expect(outcome).toMatchObject({ isComplete: true, stats: { pending: 0 } });
      expect(
        events.filter(({ site }) => site.format === commandFormat).map(({ values }) => values),
      ).toEqual([
        [7, "level debug of wifi for 500 ms"],
        [7, "over, level as programmed of wifi"],
      ]);
      const seen = events.filter(({ site }) => site.tag === "wifi").map(({ values }) => values[0]);
      expect(new Set(seen)).toEqual(new Set(["debug"]));
    });

    it("connects again after the broker has cut it off, and loses nothing", async () => {
      const program = `${connected(server.port, ", flushAfterMs: 50")}
        var count = 0;
        var timer = setInterval(function () {
          log.info("event %d", count++);
          if (count < 60) return;
          clearInterval(timer);
          ${closing}
        }, 50);`;
      let frames = 0;
      server.broker.on("publish", (packet) => {
        if (packet.topic.endsWith("/up") && ++frames === 5) server.cut();
      });

      const outcome = (await runEspruino(handle, program)) as Outcome;

      expect(outcome.isComplete).toBe(true);
      expect(loggedOf(agent).map((event) => event.values[0])).toEqual(
        Array.from({ length: 60 }, (_, count) => count),
      );
    });
  });
}
