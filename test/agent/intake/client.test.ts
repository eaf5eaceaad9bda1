import { describe, expect, it, onTestFinished } from "vitest";
import { createBrokerClient } from "../../../agent/intake/client.ts";
import { topicOf } from "../../../shared/topic.ts";
import { intakeContract, recordedEvents } from "../../contract/intake.ts";
import { startAedes } from "../../support/aedes-broker.ts";
import { connectClient } from "../../support/mqtt-client.ts";

const up = topicOf("fleetlog/1", "pump", "up");

intakeContract("client of a broker", async (events) => {
  const broker = await startAedes();
  onTestFinished(() => broker.stop());
  const intake = await createBrokerClient({ url: broker.url, events });
  return { intake, brokerUrl: broker.url };
});

describe("client of a broker that restarts", () => {
  it("connects again, subscribes again, and says so", async () => {
    const first = await startAedes();
    const { events, frames, troubles, until } = recordedEvents();
    const intake = await createBrokerClient({ url: first.url, reconnectPauseMs: 5, events });
    onTestFinished(() => intake.stop());
    let isListening = (): void => {};
    const listening = new Promise<void>((resolve) => {
      isListening = resolve;
    });

    await first.stop();
    await until(() => troubles.length > 0);
    const second = await startAedes(first.port, {
      authorizeSubscribe(_client, subscription, done) {
        if (subscription.topic.endsWith("/up")) setImmediate(isListening);
        done(null, subscription);
      },
    });
    onTestFinished(() => second.stop());
    await listening;
    const device = await connectClient(second.url);
    device.publish(up, "after", { qos: 1 });
    await until(() => frames.length === 1);

    expect(frames[0]?.text).toBe("after");
    expect(troubles.join()).toContain(`Broker "${first.url}" is gone, trying again`);
  });
});

describe("client of a broker that refuses", () => {
  it("says where it cannot connect, without the password", async () => {
    const broker = await startAedes();
    await broker.stop();
    const url = broker.url.replace("//", "//me:4711@");

    const connecting = createBrokerClient({ url, events: recordedEvents().events });

    await expect(connecting).rejects.toMatchObject({
      code: "BROKER_CONNECT",
      message: expect.stringMatching(
        new RegExp(`^Cannot connect to broker "${broker.url}": .*ECONNREFUSED`),
      ),
    });
  });

  it("says that the name or password is refused", async () => {
    const broker = await startAedes(0, {
      authenticate: (_client, _name, _password, done) => done(null, false),
    });
    onTestFinished(() => broker.stop());

    const connecting = createBrokerClient({ url: broker.url, events: recordedEvents().events });

    await expect(connecting).rejects.toThrow("Not authorized");
  });

  it("does not start where it may not subscribe", async () => {
    const broker = await startAedes(0, {
      authorizeSubscribe: (_client, _subscription, done) => done(null, null),
    });
    onTestFinished(() => broker.stop());

    const connecting = createBrokerClient({ url: broker.url, events: recordedEvents().events });

    await expect(connecting).rejects.toMatchObject({ code: "BROKER_CONNECT" });
  });
});
