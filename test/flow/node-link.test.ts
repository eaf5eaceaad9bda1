import { connect, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLoggerOn, type Logger } from "../../device/logger.ts";
import { createMqttLink } from "../../device/platforms/node.ts";
import { eventsOf, type FakeAgent, fakeAgent } from "../support/fake-agent.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { startLink, type TestLink } from "../support/link.ts";
import { clientEvent, type LoopbackBroker, loopbackBroker } from "../support/loopback-broker.ts";

const down = "fleetlog/1/51/pump-7/down";

/** A logger on a real client of mqtt.js and real brokers, with an agent behind them; its time is the test's. */
describe("link on node", () => {
  let brokers: LoopbackBroker[];
  let between: TestLink;
  let at: number;
  let agent: FakeAgent;
  let acks: Uint8Array[];
  let clock: FakeClock;
  let client: MqttClient;
  let log: Logger;
  /** Frames the agent has got. */
  let frames: number;
  let onFrame: () => void;

  const send = (bytes: Uint8Array): Promise<void> =>
    (brokers[at] as LoopbackBroker).publish(down, bytes);
  /** Resolves once the agent has got `count` frames in all. */
  const untilFrames = async (count: number): Promise<void> => {
    while (frames < count) {
      await new Promise<void>((resolve) => {
        onFrame = resolve;
      });
    }
  };
  /** Sends acks, and waits until the logger has heard the last of them. */
  const answer = async (...bytes: Uint8Array[]): Promise<void> => {
    let left = bytes.length;
    const heard = new Promise<void>((resolve) => {
      client.on("message", () => --left === 0 && setImmediate(resolve));
    });
    for (const each of bytes) await send(each);
    await heard;
  };
  const say = (text: string): void => {
    log.info(text);
    log.flush();
  };
  const formats = (): string[] => eventsOf(agent).map(({ site }) => site.format);

  beforeEach(async () => {
    brokers = [await loopbackBroker(), await loopbackBroker()];
    at = 0;
    frames = 0;
    acks = [];
    onFrame = (): void => {};
    agent = fakeAgent();
    for (const { broker } of brokers) {
      broker.on("publish", (packet, sender) => {
        if (sender === null || !packet.topic.endsWith("/up")) return;
        acks.push(agent.receive(new Uint8Array(packet.payload as Buffer)));
        frames++;
        onFrame();
      });
    }
    between = await startLink(() => (brokers[at] as LoopbackBroker).port);
    client = connect(`mqtt://127.0.0.1:${between.port}`, {
      reconnectPeriod: 10,
      clean: false,
      clientId: "pump-7",
    });
    client.on("error", () => {});
    clock = fakeClock();
    const host = {
      platform: clock,
      link: createMqttLink(client),
      defaultBytes: 65_536,
      places: { sites: 16, texts: 4 },
      parts: {},
    };
    log = createLoggerOn(host, { device: "pump-7" });
    await (brokers[0] as LoopbackBroker).subscribed(down);
  });
  afterEach(async () => {
    await client.endAsync(true);
    await between.stop();
    for (const broker of brokers) await broker.close();
  });

  it("is content with acks that come twice, late and in the wrong order", async () => {
    say("first");
    say("second");
    say("third");
    await untilFrames(3);

    await answer(...[...acks].reverse(), ...acks);
    clock.advance(600_000);

    expect(frames).toBe(3);
    expect(log.stats()).toMatchObject({ acked: 3, resent: 0, pending: 0 });
  });

  it("sends again where an ack was lost, and is counted once", async () => {
    say("only");
    await untilFrames(1);

    clock.advance(4_000);
    await untilFrames(2);
    await answer(acks[1] as Uint8Array);

    expect(formats()).toEqual(["only"]);
    expect(log.stats()).toMatchObject({ acked: 1, resent: 1, pending: 0 });
  });

  it("goes on with an agent that has lost all it stored", async () => {
    say("before");
    await untilFrames(1);
    await answer(acks[0] as Uint8Array);

    agent.forget();
    say("after");
    await untilFrames(2);
    await answer(acks[1] as Uint8Array);
    await untilFrames(3);
    await answer(acks[2] as Uint8Array);

    expect(formats().at(-1)).toBe("after");
    expect(log.stats()).toMatchObject({ acked: 2, pending: 0 });
  });

  it("moves to another broker, which knows nothing of its session, with all that has no ack", async () => {
    say("unheard");
    await untilFrames(1);

    at = 1;
    const connected = clientEvent(client, "connect");
    between.cut();
    between.mend();
    await connected;
    await (brokers[1] as LoopbackBroker).subscribed(down);
    say("there");
    // The client, too, sends again what the other broker has not acknowledged.
    while (formats().length < 2) await untilFrames(frames + 1);
    await answer(acks.at(-1) as Uint8Array);

    expect(formats()).toEqual(["unheard", "there"]);
    expect(log.stats()).toMatchObject({ acked: 2, pending: 0 });
  });
});
