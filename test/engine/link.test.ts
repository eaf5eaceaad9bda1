import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Stats } from "../../device/logger.ts";
import { espruinoHandle, runFromFlash } from "../support/espruino.ts";
import { eventsOf, type FakeAgent, fakeAgent } from "../support/fake-agent.ts";
import { startLink } from "../support/link.ts";
import { type LoopbackBroker, loopbackBroker } from "../support/loopback-broker.ts";

const handle = espruinoHandle();

/** A program on a board whose clock and timers run 50 times as fast, for pauses of minutes. */
const hasty = (program: string): string => `
var later = setTimeout, often = setInterval, clock = getTime;
global.setTimeout = function (callback, delay) { return later(callback, delay / 50); };
global.setInterval = function (callback, delay) { return often(callback, delay / 50); };
global.getTime = function () { return clock() * 50; };
/** Timers that run, but for the one that calls this. */
function timers() { return Object.keys(global["\\xff"].timers).length - 1; }
${program}`;

const withClient = (port: number, more = ""): string => `
var mqtt = require("MQTT").create("127.0.0.1", { port: ${port}, client_id: "board-1" });
var log = require("fleetlog").createLogger({ device: "board-1", mqtt: mqtt, level: "debug"${more} });
`;

const done = (value: string): string => `print("DONE " + JSON.stringify(${value}));`;

const closing = `log.close(300000).then(function (isComplete) {
  ${done("{ isComplete: isComplete, stats: log.stats() }")}
});`;

/** Logs \`count\` events, one in \`eachMs\`, and closes. */
const logging = (count: number, eachMs: number): string => `
var logged = 0, ticks = setInterval(function () {
  log.info("event %d", logged++);
  if (logged < ${count}) return;
  clearInterval(ticks);
  ${closing}
}, ${eachMs});`;

interface Outcome {
  isComplete: boolean;
  stats: Stats;
}

const ordinals = (count: number): number[] => Array.from({ length: count }, (_, each) => each);

if (handle !== null) {
  describe("link on espruino", () => {
    let server: LoopbackBroker;
    let agent: FakeAgent;

    const run = async (program: string): Promise<Outcome> =>
      (await runFromFlash(handle, hasty(program))) as Outcome;
    /** Passes frames of a broker to the agent, and what \`answer\` makes of each ack back. */
    const attend = (
      { broker, publish }: LoopbackBroker,
      answer: (ack: Uint8Array, send: (ack: Uint8Array) => void) => void = (ack, send) => send(ack),
    ): void => {
      broker.on("publish", (packet, client) => {
        if (client === null || !packet.topic.endsWith("/up")) return;
        const ack = agent.receive(new Uint8Array(packet.payload as Buffer));
        answer(ack, (bytes) => void publish(packet.topic.replace(/up$/, "down"), bytes));
      });
    };
    // The machine is not 50 times as fast: what is late looks like a clock that was set, and is noted.
    const events = () => eventsOf(agent).filter(({ site }) => site.tag !== "fleetlog");
    const received = (): unknown[] => events().map((event) => event.values[0]);
    const expectAllAcked = ({ isComplete, stats }: Outcome): void => {
      expect(isComplete).toBe(true);
      // A note of the clock after the program has closed has no place: the program's events all have.
      const { closed = 0, ...dropped } = stats.dropped;
      expect(dropped).toEqual({});
      expect(stats).toMatchObject({ acked: stats.logged - closed, pending: 0 });
    };

    beforeEach(async () => {
      server = await loopbackBroker();
      agent = fakeAgent();
    });
    afterEach(() => server.close());

    it("delivers at QoS 1, whose acks mean nothing to it", async () => {
      attend(server);

      const outcome = await run(`${withClient(server.port, ", qos: 1")}${logging(30, 2_000)}`);

      expectAllAcked(outcome);
      expect(received()).toEqual(ordinals(30));
      expect(server.published.every(({ qos }) => qos === 1)).toBe(true);
    });

    it("is content with acks that come twice, late and in the wrong order", async () => {
      const waiting: Uint8Array[] = [];
      attend(server, (ack, send) => {
        waiting.push(ack);
        if (waiting.length < 3) return send(ack);
        for (const late of waiting.splice(0).reverse()) send(late);
      });

      const outcome = await run(
        `${withClient(server.port, ", flushAfterMs: 100")}${logging(40, 1_000)}`,
      );

      expectAllAcked(outcome);
      expect(received()).toEqual(ordinals(40));
    });

    it("loses nothing where brokers go and others, without its session, take their place", async () => {
      const others = [server, await loopbackBroker(), await loopbackBroker()];
      let at = 0;
      const between = await startLink(() => (others[at] as LoopbackBroker).port);
      let frames = 0;
      for (const each of others) {
        attend(each, (ack, send) => {
          send(ack);
          if (++frames % 6 !== 0 || at === 2) return;
          at++;
          between.cut();
          between.mend();
        });
      }
      onTestFinished(async () => {
        await between.stop();
        for (const each of others.slice(1)) await each.close();
      });

      const outcome = await run(
        `${withClient(between.port, ", flushAfterMs: 100")}${logging(60, 2_000)}`,
      );

      expect(at).toBe(2);
      expectAllAcked(outcome);
      expect(received()).toEqual(ordinals(60));
    });

    it("goes on with an agent that has lost all it stored", async () => {
      let frames = 0;
      attend(server, (ack, send) => {
        send(ack);
        if (++frames === 5) agent.forget();
      });

      const outcome = await run(
        `${withClient(server.port, ", flushAfterMs: 100")}${logging(30, 2_000)}`,
      );

      expectAllAcked(outcome);
      expect(received()).toEqual(ordinals(30));
    });

    it("tries a login that is refused less and less often", async () => {
      server.broker.authenticate = (_client, _username, _password, callback) =>
        callback(Object.assign(new Error("no"), { returnCode: 5 as const }), false);

      const outcome = (await run(`${withClient(server.port)}
        var calls = 0;
        mqtt.on("connected", function () { calls++; });
        log.error("unheard");
        setTimeout(function () { ${done("{ calls: calls, pending: log.stats().pending }")} }, 400000);`)) as unknown;

      const { calls, pending } = outcome as { calls: number; pending: number };
      expect(calls).toBeGreaterThanOrEqual(4);
      expect(calls).toBeLessThanOrEqual(20);
      expect(pending).toBeGreaterThanOrEqual(1);
    });

    it("leaves a broker that has frozen, and delivers through the next", async () => {
      attend(server);
      const sockets: Socket[] = [];
      const front = createServer((near) => {
        sockets.push(near);
        near.on("error", () => {});
        if (sockets.length > 1) return void near.pipe(connect(server.port)).pipe(near);
        near.once("data", () => {
          near.write(Buffer.from([0x20, 2, 0, 0]));
          near.pause();
        });
      });
      await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy();
        front.close();
      });
      const { port } = front.address() as { port: number };

      const outcome = await run(`${withClient(port)}${logging(30, 2_000)}`);

      expectAllAcked(outcome);
      expect(received()).toEqual(ordinals(30));
    });

    it("drops a subscription that the broker refused, for no ack comes", async () => {
      attend(server);
      let refused = 0;
      server.broker.authorizeSubscribe = (_client, subscription, callback) => {
        callback(null, refused++ < 1 ? null : subscription);
      };

      const outcome = await run(`${withClient(server.port)}${logging(10, 2_000)}`);

      expect(refused).toBeGreaterThan(1);
      expectAllAcked(outcome);
    });

    it("says offline, waits without a timer, and says online", async () => {
      attend(server);

      const outcome = (await run(`${withClient(server.port)}
        log.error("before");
        setTimeout(function () {
          log.offline();
          setTimeout(function () {
            var left = timers();
            log.info("meanwhile");
            log.online();
            log.close(300000).then(function () { ${done("left")} });
          }, 60000);
        }, 20000);`)) as unknown;

      const states = server.published.filter(({ topic }) => topic.endsWith("/state"));
      expect(states.map(({ payload, retain }) => `${payload} ${retain}`)).toEqual(
        ["online", "offline", "online", "offline"].map((state) => `${state} true`),
      );
      expect(outcome).toBe(0);
      expect(events().map(({ site }) => site.format)).toEqual(["before", "meanwhile"]);
    });

    it("goes on with another client, and loses nothing", async () => {
      attend(server);

      const outcome = await run(`${withClient(server.port, ", flushAfterMs: 100")}
        for (var index = 1; index < 4; index++) setTimeout(function () {
          mqtt.disconnect();
          mqtt = require("MQTT").create("127.0.0.1", { port: ${server.port}, client_id: "board-1" });
          log.attach(mqtt);
        }, index * 15000);
        ${logging(60, 1_000)}`);

      expectAllAcked(outcome);
      expect(received()).toEqual(ordinals(60));
    });

    it("works on a socket of the application's that tells nothing of its queue", async () => {
      attend(server);

      const outcome = await run(`
        var mqtt = require("MQTT").create("", { client_id: "board-1" });
        function open() {
          var socket = require("net").connect({ host: "127.0.0.1", port: ${server.port} }, function () {
            var plain = { write: function (text) { socket.write(text); }, end: function () { socket.end(); } };
            socket.on("data", function (text) { plain.emit("data", text); });
            socket.on("close", function () { plain.emit("end"); });
            mqtt.connect(plain);
          });
        }
        var log = require("fleetlog").createLogger({ device: "board-1", mqtt: mqtt, connect: open });
        ${logging(20, 5_000)}`);

      expectAllAcked(outcome);
      expect(received()).toEqual(ordinals(20));
    });

    it("runs no timer but the module's ping while its outbox is empty", async () => {
      attend(server);

      const seen = (await run(`${withClient(server.port)}
        var seen = [];
        function look() {
          seen.push(timers());
          if (seen.length < 4) { log.warn("again %d", seen.length); setTimeout(look, 30000); }
          else { ${done("seen")} }
        }
        setTimeout(look, 30000);`)) as unknown;

      expect(seen).toEqual([1, 1, 1, 1]);
    });

    it("sleeps with all delivered and no timer, and goes on when it wakes", async () => {
      attend(server);

      const outcome = (await run(`${withClient(server.port)}
        var wakes = 0, left = [];
        function wake() {
          log.info("wake %d", wakes++);
          log.sleep(function () {
            left.push(timers());
            if (wakes < 8) setTimeout(wake, 60000);
            else { ${done("{ left: left, stats: log.stats() }")} }
          }, 60000);
        }
        wake();`)) as unknown;

      expect(outcome).toMatchObject({
        left: [0, 0, 0, 0, 0, 0, 0, 0],
        stats: { pending: 0, dropped: {} },
      });
      expect(received()).toEqual(ordinals(8));
    });
  });
} else {
  describe("link on espruino", () => {
    it("is tried on a real engine alone", () => {
      process.stderr.write("Link suite did not run: it needs ESPRUINO and ESPRUINO_MODULES\n");

      expect(handle).toBeNull();
    });
  });
}
