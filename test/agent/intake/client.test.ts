import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AedesOptions } from "aedes";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type BrokerClient,
  type BrokerClientOptions,
  createBrokerClient,
} from "../../../agent/intake/client.ts";
import { fleetFilter, shardOf, topicOf } from "../../../shared/topic.ts";
import { intakeContract, recordedEvents } from "../../contract/intake.ts";
import { type AedesBroker, startAedes } from "../../support/aedes-broker.ts";
import { startAwsIotBroker } from "../../support/aws-iot-broker.ts";
import { loopbackCertificate } from "../../support/certificate.ts";
import { fakeTime } from "../../support/fake-time.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";
import { connectClient } from "../../support/mqtt-client.ts";
import { startTlsFront } from "../../support/tls-front.ts";

const up = topicOf("fleetlog/1", "pump", "up");
const down = topicOf("fleetlog/1", "pump", "down");
const state = topicOf("fleetlog/1", "pump", "state");

const startBroker = async (port = 0, options: AedesOptions = {}): Promise<AedesBroker> => {
  const broker = await startAedes(port, options);
  onTestFinished(() => broker.stop());
  return broker;
};

/** A client that is impatient. */
const startClient = async (options: Partial<BrokerClientOptions> & { url: string }) => {
  const recorded = recordedEvents();
  const { events } = recorded;
  const intake = createBrokerClient({ storeId: 1, reconnectPauseMs: 5, events, ...options });
  onTestFinished(() => intake.stop());
  await intake.tried;
  return { ...recorded, intake };
};

intakeContract("client of a broker", async (events) => {
  const { url } = await startBroker();
  const intake = createBrokerClient({ url, storeId: 1, events });
  await intake.tried;
  return { intake, brokerUrl: url };
});

intakeContract("client of a broker on several connections", async (events) => {
  const { url } = await startBroker();
  const intake = createBrokerClient({ url, storeId: 1, connections: 5, events });
  await intake.tried;
  return { intake, brokerUrl: url };
});

describe("client that listens to some shards", () => {
  const texts = ({ frames }: { frames: { text: string }[] }): string[] =>
    frames.map(({ text }) => text);
  const lamp = topicOf("fleetlog/1", "lamp", "up");
  const [pumps, lamps] = [new Set([shardOf("pump")]), new Set([shardOf("lamp")])];

  it("hears the frames of these alone, and presence of all", async () => {
    const { url } = await startBroker();
    const recorded = await startClient({ url, shards: pumps });
    const device = await connectClient(url);

    device.publish(lamp, "lamp", { qos: 1 });
    device.publish(up, "pump", { qos: 1 });
    device.publish(topicOf("fleetlog/1", "lamp", "state"), "online", { qos: 1 });
    await recorded.until(() => recorded.presence.length === 2);

    expect(texts(recorded)).toEqual(["pump"]);
    expect(recorded.presence).toEqual(["pump came", "lamp came"]);
  });

  it("hears those of others once it is told, and after a new connection as well", async () => {
    const first = await startBroker();
    const { url, port } = first;
    const recorded = await startClient({ url, connections: 3, shards: pumps });
    const say = async (text: string): Promise<void> => {
      const device = await connectClient(url);
      for (const topic of [up, lamp]) await device.publishAsync(topic, text, { qos: 1 });
    };

    for (const shards of [lamps, pumps, lamps]) recorded.intake.listen(shards);
    await first.untilSubscribed(fleetFilter("fleetlog/1", "up", shardOf("lamp")));
    await say("told");
    await recorded.until(() => recorded.frames.length === 1);
    await first.stop();
    await recorded.until(() => recorded.troubles.length === 3);
    await startBroker(port);
    await recorded.until(() => recorded.troubles.length === 6);
    await say("again");
    await recorded.until(() => recorded.frames.length === 2);

    expect(recorded.frames.map(({ device, text }) => [device, text])).toEqual([
      ["lamp", "told"],
      ["lamp", "again"],
    ]);
  });
});

describe("client of a broker that restarts", () => {
  it("connects again, subscribes again, and says so", async () => {
    const first = await startBroker();
    const { frames, troubles, until } = await startClient({ url: first.url });

    await first.stop();
    await until(() => troubles.length > 0);
    const second = await startBroker(first.port);
    await until(() => troubles.includes(`Broker "${first.url}" is back`));
    const device = await connectClient(second.url);
    device.publish(up, "after", { qos: 1 });
    await until(() => frames.length === 1);

    expect(frames[0]?.text).toBe("after");
    expect(troubles[0]).toContain(`Broker "${first.url}" is gone, trying again: `);
  });

  it("sends the acks that were meant for devices meanwhile", async () => {
    const first = await startBroker();
    const time = fakeTime();
    const { intake, troubles, until } = await startClient({ url: first.url, time });
    await first.stop();
    await until(() => troubles.length > 0);

    intake.send("pump", Uint8Array.of(1, 2, 3));
    const second = await startBroker(first.port);
    const device = await connectClient(second.url);
    await device.subscribeAsync(down);
    time.advance(1_000);

    expect(await device.nextMessage()).toEqual({ topic: down, payload: [1, 2, 3] });
  });
});

describe("client of a broker that is not there yet", () => {
  it("says where it cannot connect, without the password, and is there once the broker is", async () => {
    const before = await startAedes();
    await before.stop();
    const url = before.url.replace("//", "//me:4711@");
    const { frames, troubles, until } = await startClient({ url });

    const broker = await startBroker(before.port);
    await until(() => troubles.includes(`Broker "${broker.url}" is back`));
    const device = await connectClient(broker.url);
    device.publish(up, "first", { qos: 1 });
    await until(() => frames.length === 1);

    expect(troubles[0]).toMatch(
      new RegExp(
        `^Cannot connect to broker "${broker.url}": .*ECONNREFUSED.*, trying again, check`,
      ),
    );
    expect(troubles.join()).not.toContain("4711");
  });
});

describe("client of a broker that refuses", () => {
  it("says that the name or password is refused, and tries until they are not", async () => {
    let refusals = 3;
    const { url } = await startBroker(0, {
      authenticate: (_client, _name, _password, done) => done(null, refusals-- <= 0),
    });

    const { troubles, until } = await startClient({ url });
    await until(() => troubles.length === 4);

    expect(troubles.slice(0, 3).join()).toMatch(/(Not authorized.*){3}/);
    expect(troubles[3]).toBe(`Broker "${url}" is back`);
  });

  it("does not go on where it may not subscribe to all, and says to what", async () => {
    const refused = "fleetlog/1/17/+/state";
    let isRefusing = true;
    const { url } = await startBroker(0, {
      authorizeSubscribe: (_client, subscription, done) =>
        done(null, isRefusing && subscription.topic === refused ? null : subscription),
    });

    const { troubles, until } = await startClient({ url });
    isRefusing = false;
    await until(() => troubles.at(-1) === `Broker "${url}" is back`);

    expect(troubles[0]).toContain(`it refuses to let us subscribe to "${refused}"`);
  });
});

describe("clients with one client id", () => {
  it("say that the other has taken over, by MQTT 5", async () => {
    const broker = await startAwsIotBroker();
    onTestFinished(() => broker.stop());
    const { url } = broker;
    const options = { url, clientId: "agent", version: "5", limits: "aws-iot" } as const;
    const first = await startClient({ ...options, reconnectPauseMs: 100_000 });

    await startClient({ ...options, reconnectPauseMs: 100_000 });
    await first.until(() => first.troubles.length > 0);

    expect(first.troubles[0]).toContain(
      `Another client has taken over client id "agent-1" on broker "${url}"`,
    );
  });

  it("suspect each other after a few connections, by MQTT 3.1.1", async () => {
    const { url } = await startBroker();
    const options = { url, clientId: "agent" };
    const first = await startClient(options);
    const second = await startClient(options);

    const isSuspected = ({ troubles }: { troubles: string[] }): boolean =>
      troubles.some((each) => each.includes('"agent" within a minute: perhaps another agent'));
    await Promise.all([first, second].map((each) => each.until(() => isSuspected(each))));

    expect([isSuspected(first), isSuspected(second)]).toEqual([true, true]);
  });
});

describe("clients with different stores", () => {
  it("notice each other", async () => {
    const { url } = await startBroker();
    const first = await startClient({ url, storeId: 0xcafe0001 });
    const second = await startClient({ url, storeId: 0xcafe0002 });

    await Promise.all(
      [first, second].map(({ until, troubles }) => until(() => troubles.length > 0)),
    );

    expect(first.troubles[0]).toContain("with store cafe0002 where ours is cafe0001");
    expect(second.troubles[0]).toContain("with store cafe0001 where ours is cafe0002");
  });
});

describe("client's presence of devices", () => {
  it("is what the broker has retained", async () => {
    const { url } = await startBroker();
    const device = await connectClient(url);
    await device.publishAsync(state, "online", { qos: 1, retain: true });

    const { presence, until } = await startClient({ url });
    await until(() => presence.length === 1);

    expect(presence).toEqual(["pump came"]);
  });

  it("is that of a device that says nothing but frames, until it says that it went", async () => {
    const { url } = await startBroker();
    const { presence, until } = await startClient({ url });
    const device = await connectClient(url);

    device.publish(up, "frame", { qos: 1 });
    device.publish(up, "frame", { qos: 1 });
    device.publish(state, "offline", { qos: 1 });
    await until(() => presence.length === 2);

    expect(presence).toEqual(["pump came", "pump went"]);
  });
});

describe("client's handshake", () => {
  /** A broker behind TLS, and an agent's certificate in files. */
  const startTls = async (alpn: string[]) => {
    const broker = await startBroker();
    const front = await startTlsFront(broker.port, alpn);
    onTestFinished(() => front.stop());
    const directory = await scratchDirectory();
    const [ca, cert, key] = ["ca", "cert", "key"].map((name) => join(directory, `${name}.pem`)) as [
      string,
      string,
      string,
    ];
    const own = loopbackCertificate();
    await writeFile(ca, front.certificate.cert);
    await writeFile(cert, own.cert);
    await writeFile(key, own.key);
    return {
      broker,
      front,
      own,
      options: { url: `mqtts://127.0.0.1:${front.port}`, ca, cert, key },
    };
  };

  it("asks for the protocol that is set, and shows the certificate", async () => {
    const { front, own, options } = await startTls(["other", "x-amzn-mqtt-ca"]);

    const { troubles } = await startClient({ ...options, alpn: "x-amzn-mqtt-ca" });

    const [client] = front.clients;
    expect(client?.alpn).toBe("x-amzn-mqtt-ca");
    expect(client?.cert.replaceAll("\n", "")).toBe(own.cert.replaceAll("\n", ""));
    expect(troubles).toEqual([]);
  });

  it("fails where the broker does not know the protocol that is asked for", async () => {
    const { options } = await startTls(["other"]);

    const { troubles } = await startClient({ ...options, alpn: "x-amzn-mqtt-ca" });

    expect(troubles[0]).toMatch(/^Cannot connect to broker ".*": .*no application protocol/);
  });

  it("shows a renewed certificate on the next connection", async () => {
    const { broker, front, options } = await startTls([]);
    const { troubles, until } = await startClient(options);
    const renewed = loopbackCertificate();
    await writeFile(options.cert, renewed.cert);
    await writeFile(options.key, renewed.key);

    await broker.stop();
    await startBroker(broker.port);
    await until(() => troubles.at(-1)?.endsWith("is back") === true);

    expect(front.clients.at(-1)?.cert.replaceAll("\n", "")).toBe(renewed.cert.replaceAll("\n", ""));
  });
});

describe("client's certificates", () => {
  const start = (options: Partial<BrokerClientOptions>): BrokerClient => {
    const { events } = recordedEvents();
    return createBrokerClient({ url: "mqtts://127.0.0.1:9", storeId: 1, events, ...options });
  };

  it.each(["ca", "cert", "key"] as const)(
    "are refused at once where %s is no such file",
    async (key) => {
      const path = join(await scratchDirectory(), "none.pem");

      expect(() => start({ [key]: path })).toThrow(
        expect.objectContaining({
          code: "BROKER_CERTIFICATE",
          message: expect.stringContaining(`Cannot use "mqtt.${key}" from "${path}": ENOENT`),
        }),
      );
    },
  );

  it.each(["ca", "cert", "key"] as const)(
    "are refused at once where %s holds something else",
    async (key) => {
      const path = join(await scratchDirectory(), "other.pem");
      await writeFile(path, "nothing of the kind");

      expect(() => start({ [key]: path })).toThrow(`Cannot use "mqtt.${key}" from "${path}": `);
    },
  );
});
