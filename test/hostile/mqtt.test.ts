import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { topicOf } from "../../shared/topic.ts";
import { recordedEvents } from "../contract/intake.ts";
import { scratchDirectory } from "../support/local-endpoint.ts";
import { connectPacket, connectSocket, type MqttSocket } from "../support/mqtt-socket.ts";
import { startBroker } from "../support/started-broker.ts";

/** `secret`, as `mosquitto_passwd` hashes it. */
const hash =
  "$7$101$y/v0eMX8IK2hyTg3$LBQN7YItJk7W6QvbcmELaC13wy7B3e6ne2h0XcE55brDeocZL/3KN4vJ2zxOuBZsDbz6dwAWdhuY4PFN8QyIcg==";

const up = (device: string): string => topicOf("fleetlog/1", device, "up");

const publishOf = (topic: string, qos: 1 | 2, messageId: number) => {
  const packet = { cmd: "publish", topic, payload: "frame", qos, retain: false } as const;
  return { ...packet, dup: false, messageId };
};

const login = (username: string, password = "secret") => ({
  username,
  password: Buffer.from(password),
});

/** A connection whose CONNECT was accepted. */
const joinAs = async (url: string, clientId: string, changes: object = {}): Promise<MqttSocket> => {
  const socket = await connectSocket(url);
  socket.say(connectPacket(clientId, changes));
  expect(await socket.nextPacket()).toMatchObject({ cmd: "connack", returnCode: 0 });
  return socket;
};

/** Sends a frame of the device, and has it acknowledged. */
const serve = async (socket: MqttSocket, device: string): Promise<void> => {
  socket.say(publishOf(up(device), 1, 9));
  expect(await socket.nextPacket()).toEqual(
    expect.objectContaining({ cmd: "puback", messageId: 9 }),
  );
};

/** Bytes of buffers that something still refers to. */
const heldBytes = async (): Promise<number> => {
  await new Promise(setImmediate);
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().arrayBuffers;
};

const startGuarded = async () => {
  const passwords = join(await scratchDirectory(), "passwords");
  await writeFile(passwords, `pump:${hash}\ndoor:${hash}\n`);
  return startBroker({ passwords });
};

describe("connections of an enemy", () => {
  it("leave a device its service and let others in, however many send no CONNECT", async () => {
    const { broker, metrics, until, troubles } = await startBroker({ maxConnections: 40 });
    const pump = await joinAs(broker.url, "pump");

    for (let count = 0; count < 200; count++) {
      const socket = await connectSocket(broker.url);
      if (count % 2 === 0) socket.write(Buffer.from([0x10, 20, 0, 4]));
    }
    await until(() => troubles.length >= 170);
    await serve(pump, "pump");
    await serve(await joinAs(broker.url, "door"), "door");

    expect(Object.keys(metrics.connectionsEnded)).toEqual(["crowded"]);
  });

  it("end after an hour and a half of silence where they ask for no keep-alive, or a long one", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { broker, metrics, troubles, until } = await startBroker();
    const endless = await joinAs(broker.url, "endless", { keepalive: 0 });
    const long = await joinAs(broker.url, "long", { keepalive: 65_535 });

    vi.advanceTimersByTime(5_399_000);
    const before = { ...metrics.connectionsEnded };
    vi.advanceTimersByTime(2_000);
    await Promise.all([endless.untilEnd(), long.untilEnd()]);
    await until(() => troubles.length === 2);

    expect(before).toEqual({});
    expect(metrics.connectionsEnded).toEqual({ keep_alive: 2 });
  });

  it.each([
    ["all topics", "#"],
    ["the frames of all devices", "fleetlog/1/+/+/up"],
    ["a topic of 5,000 levels", `fleetlog/1/0/${"a/".repeat(5_000)}up`],
  ])("end where they publish to %s", async (_what, topic) => {
    const { broker, frames, metrics } = await startBroker();
    const pump = await joinAs(broker.url, "pump");
    const enemy = await joinAs(broker.url, "enemy");

    enemy.say(publishOf(topic, 1, 1));
    await enemy.untilEnd();
    await serve(pump, "pump");

    expect(frames.map(({ device }) => device)).toEqual(["pump"]);
    expect(metrics.connectionsEnded).toEqual({ malformed: 1 });
  });

  it("end at the 17th message at QoS 2 that they do not release, and nothing of them is kept", async () => {
    const { events, troubles, until } = recordedEvents();
    let frames = 0;
    const countFrame = (): void => void frames++;
    const { broker, metrics } = await startBroker({ events: { ...events, onFrame: countFrame } });
    const pump = await joinAs(broker.url, "pump");
    const rounds = 60;
    const payload = Buffer.alloc(100_000);

    const beforeBytes = await heldBytes();
    for (let round = 1; round <= rounds; round++) {
      const enemy = await joinAs(broker.url, `enemy-${round}`);
      for (let id = 1; id <= 17; id++) enemy.say({ ...publishOf(up("enemy"), 2, id), payload });
      await enemy.untilEnd();
      await until(() => troubles.length === round);
    }
    await serve(pump, "pump");

    expect(metrics.connectionsEnded).toEqual({ malformed: rounds });
    expect(frames).toBeGreaterThan(16 * rounds);
    const sentBytes = 17 * rounds * payload.length;
    expect((await heldBytes()) - beforeBytes).toBeLessThan(sentBytes / 4);
  });
});

describe("clients of an enemy who has a password", () => {
  it("do not end a device's connection by its client id", async () => {
    const { broker, metrics } = await startGuarded();
    const pump = await joinAs(broker.url, "pump", login("pump"));

    const enemy = await joinAs(broker.url, "pump", login("door"));
    await serve(enemy, "door");
    await serve(pump, "pump");
    enemy.destroy();
    await enemy.untilEnd();
    await serve(pump, "pump");

    expect(broker.isConnected?.("pump")).toBe(true);
    expect(metrics.connectionsEnded).not.toHaveProperty("forbidden");
  });

  it("end the connection that has their name and client id, as a device does that returns", async () => {
    const { broker } = await startGuarded();
    const before = await joinAs(broker.url, "pump", login("pump"));

    const after = await joinAs(broker.url, "pump", login("pump"));
    await before.untilEnd();

    await serve(after, "pump");
  });
});

describe("guesses of passwords", () => {
  it("keep no device from its service, nor from coming in, however many come at a time", async () => {
    const { broker, frames, metrics, until, troubles } = await startGuarded();
    const pump = await joinAs(broker.url, "pump", login("pump"));

    const guesses = await Promise.all(Array.from({ length: 60 }, () => connectSocket(broker.url)));
    for (const [at, guess] of guesses.entries()) {
      guess.say(connectPacket(`guess-${at}`, login("pump", `guess ${at}`)));
    }
    await serve(pump, "pump");
    await serve(await joinAs(broker.url, "door", login("door")), "door");
    await until(() => troubles.length === guesses.length);

    expect(frames.map(({ device }) => device)).toEqual(["pump", "door"]);
    expect(metrics.connectionsEnded).toEqual({ credentials: guesses.length });
  });
});
