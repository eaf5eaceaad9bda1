import { once } from "node:events";
import { Transform } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { beaconMs } from "../../../agent/gateway/gateway.ts";
import { createLineIntake } from "../../../agent/gateway/line-intake.ts";
import { createLogger } from "../../../device/index.ts";
import { createLoggerOn } from "../../../device/logger.ts";
import { createSerialLink } from "../../../device/platforms/serial.ts";
import { shardOf } from "../../../shared/topic.ts";
import { linesOf } from "../../support/damaged-line.ts";
import { eventsOf } from "../../support/fake-agent.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { brokerWithAgent, startGateway } from "../../support/gateway-bench.ts";
import { createRandom } from "../../support/random.ts";

const root = "fleetlog/1/51/pump-7";
const states = (published: { topic: string; payload: string | Buffer }[]): string[] =>
  published
    .filter(({ topic }) => topic.endsWith("/state"))
    .map(({ topic, payload }) => `${topic} ${payload}`);

/** What the gateway says on the port, message by message. */
const listenTo = (board: NodeJS.ReadableStream) => {
  const heard: string[] = [];
  let wake = (): void => {};
  const take = createLineIntake({
    onMessage: (kind, payload) => void heard.push(`${kind} ${payload}`),
    onText() {},
    onDamaged() {},
  });
  board.on("data", (chunk) => {
    take(chunk);
    wake();
  });
  return {
    heard,
    async until(pattern: RegExp): Promise<void> {
      while (!heard.some((message) => pattern.test(message))) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
};

describe("gateway", () => {
  it("delivers what a device logs on a line, and brings it the acks", async () => {
    const { server, agent } = await brokerWithAgent();
    const { gateway, board } = startGateway(server.url);
    const log = createLogger({ device: "pump-7", link: board, outboxBytes: 100_000 });

    for (let count = 0; count < 500; count++) log.info("event %d of %s", count, "x".repeat(9));
    const isComplete = await log.close();

    expect(isComplete).toBe(true);
    expect(eventsOf(agent).map((event) => event.values[0])).toEqual(
      Array.from({ length: 500 }, (_, count) => count),
    );
    expect(gateway.stats).toMatchObject({ lost: 0, damaged: 0 });
    expect(states(server.published)).toEqual([
      `${root}/state online`,
      `${root}/state online`,
      `${root}/state offline`,
    ]);
  });

  it("shows what the board writes besides, and takes no harm from it", async () => {
    const { server, agent } = await brokerWithAgent();
    const { board, shown } = startGateway(server.url);
    const log = createLogger({ device: "pump-7", link: board });

    board.write("started\n");
    log.info("one");
    board.write("no end >");
    await log.close();

    expect(eventsOf(agent)).toHaveLength(1);
    expect(shown()).toBe("started\nno end >\n");
  });

  it("loses nothing where bytes of the line get lost, both ways", async () => {
    const { server, agent } = await brokerWithAgent();
    const { gateway, board, time } = startGateway(server.url);
    const random = createRandom(1);
    // Each by itself: losses at any distance of their own can fall in step with what is sent again.
    const isLost = (): boolean => random.once(8_000);
    const lossy = (): Transform =>
      new Transform({
        transform(chunk: Buffer, _encoding, done) {
          done(
            null,
            chunk.filter(() => !isLost()),
          );
        },
      });
    const up = lossy();
    up.pipe(board);
    const down = board.pipe(lossy());
    // Both run about 20 times as fast as the broker's sockets do.
    const clock = fakeClock();
    const link = createSerialLink({
      platform: clock,
      port: {
        write: (text) => up.write(text),
        on: (event, listener) => down.on(event, listener),
      },
      root,
      encode: (bytes) => Buffer.from(bytes).toString("base64"),
    });
    const places = { sites: 50, texts: 50, characters: 5_000 };
    const host = { platform: clock, link, defaultBytes: 65_536, places, parts: {} };
    const log = createLoggerOn(host, { device: "pump-7", flushAfterMs: 10 });

    for (let event = 0; event < 500; event++) {
      log.info("event %d %s", event, String(event * 7_919).repeat(9));
      clock.advance(20);
      await setTimeout(1);
    }
    while (log.stats().pending > 0) {
      clock.advance(100);
      time.advance(100);
      await setTimeout(5);
    }

    expect(eventsOf(agent).map((event) => event.values[0])).toEqual(
      Array.from({ length: 500 }, (_, event) => event),
    );
    expect(gateway.stats.damaged).toBeGreaterThan(0);
  });

  it("tells the device every 10 s whether there is a way to the agent", async () => {
    const { server } = await brokerWithAgent();
    const { board, time } = startGateway(server.url);
    const { heard, until } = listenTo(board);

    time.advance(beaconMs);
    await until(/^o $/);
    board.write(linesOf("h", Buffer.from(root)));
    await until(/^o fleetlog/);
    const before = heard.length;
    time.advance(3 * beaconMs);
    await once(board, "data");

    expect(heard.slice(before)).toEqual(Array(3).fill(heard[before - 1]));
    expect(heard.at(-1)).toMatch(/^o fleetlog\/1\/51\/pump-7 [0-9a-f]{8}$/);
  });

  it("tells when the broker goes, and names a new connection when it is back", async () => {
    const { server } = await brokerWithAgent();
    const { board } = startGateway(server.url);
    const { heard, until } = listenTo(board);
    board.write(linesOf("h", Buffer.from(root)));
    await until(/^o fleetlog/);
    const first = heard.at(-1);
    heard.length = 0;

    server.cut();
    await until(/^o $/);
    await until(/^o fleetlog/);

    expect(heard.at(-1)).not.toBe(first);
  });

  it("puts a prefix before the device's id", async () => {
    const { server, agent } = await brokerWithAgent();
    const { board } = startGateway(server.url, { devicePrefix: "plant-3." });
    const log = createLogger({ device: "pump-7", link: board });

    log.info("one");
    await log.close();

    expect(eventsOf(agent)).toHaveLength(1);
    expect(new Set(server.published.map(({ topic }) => topic.split("/")[3]))).toEqual(
      new Set(["plant-3.pump-7"]),
    );
  });

  it("forwards for another board that takes the first one's place", async () => {
    const { server } = await brokerWithAgent();
    const { board } = startGateway(server.url);
    const { until } = listenTo(board);
    const door = `fleetlog/1/${shardOf("door")}/door`;
    board.write(linesOf("h", Buffer.from(root)));
    await until(/^o fleetlog\/1\/51\/pump-7 /);

    board.write(linesOf("h", Buffer.from(door)));
    await until(/^o fleetlog\/1\/\d+\/door /);

    const said = [];
    while (said.at(-1) !== `${door}/state`) said.push((await server.next()).topic);
    expect(states(server.published).at(-1)).toBe(`${door}/state online`);
  });

  it("forwards nothing for what names no device", async () => {
    const { server } = await brokerWithAgent();
    const { board, troubles } = startGateway(server.url);
    board.resume();

    for (const name of ["", "pump-7", "fleetlog/1/0/pump 7", "a/#/51/pump-7", "fleetlog/1/x/a"]) {
      board.write(linesOf("h", Buffer.from(name)));
    }
    board.write(linesOf("u", new Uint8Array(4)));
    await new Promise(setImmediate);

    expect(troubles).toHaveLength(5);
    expect(server.published).toEqual([]);
  });

  it("speaks as commands where the console reads the port", async () => {
    const { server } = await brokerWithAgent();
    const { board, time } = startGateway(server.url, { repl: "Bluetooth" });
    const said = once(board, "data");

    time.advance(beaconMs);

    expect(String(await said)[0]).toBe("\x10");
    expect(String(await said)).toMatch(/^(.Bluetooth\.emit\("data","~o;\d+\\n"\)\n)+$/);
  });

  it("says offline for the device when the port ends", async () => {
    const { server } = await brokerWithAgent();
    const { board, lost } = startGateway(server.url);
    const { until } = listenTo(board);
    board.write(linesOf("h", Buffer.from(root)));
    await until(/^o fleetlog/);

    board.end();

    expect(await lost).toBe("it has ended");
    expect(states(server.published).at(-1)).toBe(`${root}/state offline`);
  });
});
