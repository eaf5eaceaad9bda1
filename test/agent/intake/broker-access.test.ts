import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBroker } from "../../../agent/intake/broker.ts";
import { topicOf } from "../../../shared/topic.ts";
import { recordedEvents } from "../../contract/intake.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";
import { connectPacket, connectSocket, type MqttSocket } from "../../support/mqtt-socket.ts";
import { anyBroker, startBroker } from "../../support/started-broker.ts";

/** `secret`, as `mosquitto_passwd` hashes it. */
const hash =
  "$7$101$y/v0eMX8IK2hyTg3$LBQN7YItJk7W6QvbcmELaC13wy7B3e6ne2h0XcE55brDeocZL/3KN4vJ2zxOuBZsDbz6dwAWdhuY4PFN8QyIcg==";

const startGuarded = async () => {
  const passwords = join(await scratchDirectory(), "passwords");
  await writeFile(passwords, `pump:${hash}\nline-*:${hash}\n`);
  return startBroker({ passwords });
};

const topic = (device: string, channel: "up" | "down" | "state"): string =>
  topicOf("fleetlog/1", device, channel);

const publishOf = (to: string, payload: string) => {
  const packet = { cmd: "publish", topic: to, payload, qos: 1, retain: false, dup: false } as const;
  return { ...packet, messageId: 7 };
};

const joinWith = async (url: string, changes: object): Promise<MqttSocket> => {
  const socket = await connectSocket(url);
  socket.say(connectPacket("client", changes));
  return socket;
};

const login = (username: string, password = "secret") => ({
  username,
  password: Buffer.from(password),
});

describe("embedded broker with passwords", () => {
  it.each([
    ["no name", {}],
    ["a wrong password", login("pump", "guess")],
    ["an unknown name", login("door")],
  ])("refuses %s with code 4, counts it, and takes nothing sent with it", async (_what, given) => {
    const { broker, frames, metrics, troubles, until } = await startGuarded();
    const socket = await connectSocket(broker.url);

    socket.say(connectPacket("client", given), publishOf(topic("pump", "up"), "frame"));
    const answer = await socket.nextPacket();
    await socket.untilEnd();
    await until(() => troubles.length === 1);

    expect(answer).toMatchObject({ cmd: "connack", returnCode: 4 });
    expect(frames).toEqual([]);
    expect(metrics).toMatchObject({ connections: 0, connectionsEnded: { credentials: 1 } });
    expect(troubles[0]).toMatch(
      /^Connection of client "(\w+:)?client" failed: its name or password is wrong$/,
    );
  });

  it("takes nothing that arrives in pieces while a password is checked", async () => {
    const { broker, frames } = await startGuarded();
    const socket = await connectSocket(broker.url);
    socket.setNoDelay(true);

    socket.say(connectPacket("client", login("pump", "guess")));
    for (let count = 0; count < 20; count++) {
      socket.say(publishOf(topic("pump", "up"), "frame"));
      await new Promise(setImmediate);
    }
    await socket.untilEnd();

    expect(frames).toEqual([]);
  });

  it("lets a device speak for itself", async () => {
    const { broker, frames } = await startGuarded();
    const socket = await joinWith(broker.url, login("pump"));

    socket.say(publishOf(topic("pump", "up"), "frame"));
    const answers = [await socket.nextPacket(), await socket.nextPacket()];

    expect(answers).toMatchObject([{ cmd: "connack", returnCode: 0 }, { cmd: "puback" }]);
    expect(frames).toMatchObject([{ device: "pump", text: "frame" }]);
  });

  it("lets a shared name speak for all the devices it stands for", async () => {
    const { broker, frames } = await startGuarded();
    const socket = await joinWith(broker.url, login("line-*"));

    for (const device of ["line-1", "line-2"]) socket.say(publishOf(topic(device, "up"), "frame"));
    for (let count = 0; count < 3; count++) await socket.nextPacket();

    expect(frames.map(({ device }) => device)).toEqual(["line-1", "line-2"]);
  });

  it.each(["up", "state"] as const)(
    "ends a connection that publishes on the %s topic of another device",
    async (channel) => {
      const { broker, frames, metrics, presence } = await startGuarded();
      const socket = await joinWith(broker.url, login("pump"));
      await socket.nextPacket();

      socket.say(publishOf(topic("door", channel), "online"));
      await socket.untilEnd();

      expect([frames, presence]).toEqual([[], []]);
      expect(metrics.connectionsEnded).toEqual({ forbidden: 1 });
    },
  );

  it("lets a device listen to itself, and to no other", async () => {
    const { broker } = await startGuarded();
    const socket = await joinWith(broker.url, login("pump"));
    await socket.nextPacket();

    const topics = [topic("pump", "down"), topic("door", "down"), topic("door", "state")];
    const subscriptions = topics.map((each) => ({ topic: each, qos: 0 }) as const);
    socket.say({ cmd: "subscribe", messageId: 1, subscriptions });

    expect(await socket.nextPacket()).toMatchObject({ granted: [0, 128, 128] });
  });

  it("does not hear the will of a device on another's topic", async () => {
    const { broker, presence, until } = await startGuarded();
    const will = { topic: topic("line-1", "state"), payload: "offline", qos: 0 };
    const socket = await joinWith(broker.url, { ...login("pump"), will });
    await socket.nextPacket();
    const pump = await joinWith(broker.url, { ...login("pump"), clientId: "other" });
    await pump.nextPacket();

    socket.destroy();
    pump.say(publishOf(topic("pump", "state"), "online"));
    await until(() => presence.length === 1);

    expect(presence).toEqual(["pump came"]);
  });

  it("does not start with a file that cannot be read", async () => {
    const { events } = recordedEvents();

    const started = createBroker({ ...anyBroker(), events, passwords: "/nowhere" });

    await expect(started).rejects.toMatchObject({ code: "PASSWORDS_UNREADABLE" });
  });
});
