import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { certificatePauseMs } from "../../../agent/intake/broker/certificate.ts";
import { createBroker } from "../../../agent/intake/broker.ts";
import { topicOf } from "../../../shared/topic.ts";
import { recordedEvents } from "../../contract/intake.ts";
import { loopbackCertificate } from "../../support/certificate.ts";
import { fakeTime } from "../../support/fake-time.ts";
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

describe("embedded broker with a certificate", () => {
  const startSecure = async () => {
    const directory = await scratchDirectory();
    const { cert, key } = loopbackCertificate();
    const files = { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") };
    await writeFile(files.cert, cert);
    await writeFile(files.key, key);
    const time = fakeTime();
    return { ...(await startBroker({ ...files, time })), ca: cert, files, time };
  };

  it("takes frames over TLS, and says so in its URL", async () => {
    const { broker, ca, frames } = await startSecure();
    const socket = await connectSocket(broker.url, ca);

    socket.say(connectPacket("pump"), publishOf(topic("pump", "up"), "x".repeat(60_000)));
    const answers = [await socket.nextPacket(), await socket.nextPacket()];

    expect(broker.url).toMatch(/^mqtts:\/\/127\.0\.0\.1:\d+$/);
    expect(answers).toMatchObject([{ cmd: "connack", returnCode: 0 }, { cmd: "puback" }]);
    expect(frames[0]?.text).toHaveLength(60_000);
  });

  it("guards the packets inside", async () => {
    const { broker, ca, metrics, troubles, until } = await startSecure();
    const socket = await connectSocket(broker.url, ca);

    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x40]));
    await socket.untilEnd();
    await until(() => troubles.length === 1);

    expect(metrics.connectionsEnded).toEqual({ too_large: 1 });
  });

  it("ends a connection without TLS, counts it, and says so", async () => {
    const { broker, metrics, troubles, until } = await startSecure();
    const socket = await connectSocket(broker.url.replace("mqtts", "mqtt"));

    socket.say(connectPacket("pump"));
    await socket.untilEnd();
    await until(() => troubles.length === 1);

    expect(metrics.connectionsEnded).toEqual({ tls: 1 });
    expect(troubles[0]).toMatch(/^Connection from .* failed: its TLS handshake failed: /);
  });

  it("shows a renewed certificate within a minute, and keeps the connections there are", async () => {
    const { broker, ca, files, time, troubles, until } = await startSecure();
    const before = await connectSocket(broker.url, ca);
    before.say(connectPacket("pump"));
    await before.nextPacket();
    const renewed = loopbackCertificate();
    await writeFile(files.cert, renewed.cert);
    await writeFile(files.key, renewed.key);

    time.advance(certificatePauseMs);
    await until(() => troubles.length === 1);
    const after = await connectSocket(broker.url, renewed.cert);
    before.say(publishOf(topic("pump", "up"), "frame"));
    after.say(connectPacket("door"));

    expect(troubles[0]).toMatch(
      /^Devices that connect are shown the new certificate ".*cert.pem"$/,
    );
    expect(await before.nextPacket()).toMatchObject({ cmd: "puback" });
    expect(await after.nextPacket()).toMatchObject({ cmd: "connack", returnCode: 0 });
    await expect(connectSocket(broker.url, ca)).rejects.toThrow("self-signed certificate");
  });

  it("keeps its certificate while the key in the files is another's, or none", async () => {
    const { broker, ca, files, time, troubles, until } = await startSecure();
    const renewed = loopbackCertificate();

    await writeFile(files.cert, renewed.cert);
    time.advance(certificatePauseMs);
    await until(() => troubles.length === 1);
    await rm(files.key);
    time.advance(certificatePauseMs);
    await until(() => troubles.length === 2);
    const socket = await connectSocket(broker.url, ca);
    socket.say(connectPacket("pump"));

    expect(await socket.nextPacket()).toMatchObject({ cmd: "connack", returnCode: 0 });
    expect(troubles[0]).toMatch(
      /^Cannot use certificate ".*" with key ".*": .*; the one before stays$/,
    );
    expect(troubles[1]).toMatch(/: Cannot read "mqtt.key": ENOENT.*; the one before stays$/);
  });

  it("does not start with files that are none", async () => {
    const { events } = recordedEvents();
    const start = (files: { cert: string; key: string }) =>
      createBroker({ ...anyBroker(), events, ...files });
    const path = join(await scratchDirectory(), "empty.pem");
    await writeFile(path, "no certificate");

    await expect(start({ cert: path, key: path })).rejects.toMatchObject({
      code: "BROKER_LISTEN",
      message: expect.stringMatching(/^Cannot use certificate ".*" with key ".*": /),
    });
    await expect(start({ cert: "/nowhere", key: path })).rejects.toMatchObject({
      code: "BROKER_LISTEN",
      message: expect.stringMatching(/^Cannot read "mqtt.cert": /),
    });
  });
});
