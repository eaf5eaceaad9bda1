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
import { connectPacket, connectSocket } from "../../support/mqtt-socket.ts";
import { anyBroker, startBroker } from "../../support/started-broker.ts";

const topic = topicOf("fleetlog/1", "pump", "up");

const publishOf = (payload: string) => {
  const packet = { cmd: "publish", topic, payload, qos: 1, retain: false, dup: false } as const;
  return { ...packet, messageId: 7 };
};

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

    socket.say(connectPacket("pump"), publishOf("x".repeat(60_000)));
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
    before.say(publishOf("frame"));
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
