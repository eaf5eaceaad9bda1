import { describe, expect, it, onTestFinished } from "vitest";
import type { Intake, IntakeEvents } from "../../agent/intake/intake.ts";
import { shardOf, topicOf } from "../../shared/topic.ts";
import { connectClient } from "../support/mqtt-client.ts";

/** An intake, and where devices connect to reach it. */
export interface StartedIntake {
  intake: Intake;
  brokerUrl: string;
}

const prefix = "fleetlog/1";
const up = topicOf(prefix, "pump", "up");
const down = topicOf(prefix, "pump", "down");
const state = topicOf(prefix, "pump", "state");

/** What an intake told, and a way to wait for it. */
export const recordedEvents = () => {
  const frames: { device: string; shard: number; text: string }[] = [];
  const presence: string[] = [];
  const troubles: string[] = [];
  let changed = (): void => {};
  const events: IntakeEvents = {
    onFrame({ device, shard }, payload) {
      frames.push({ device, shard, text: Buffer.from(payload).toString() });
      changed();
    },
    onPresence({ device }, isOnline) {
      presence.push(`${device} ${isOnline ? "came" : "went"}`);
      changed();
    },
    onTrouble(message) {
      troubles.push(message);
      changed();
    },
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  return { events, frames, presence, troubles, until };
};

/** What every way in promises. */
export const intakeContract = (
  name: string,
  startIntake: (events: IntakeEvents) => Promise<StartedIntake>,
): void => {
  const start = async () => {
    const recorded = recordedEvents();
    const { intake, brokerUrl } = await startIntake(recorded.events);
    onTestFinished(() => intake.stop());
    return { ...recorded, intake, brokerUrl };
  };

  describe(name, () => {
    it("hands on frames as they came, in order, with the device and shard of their topic", async () => {
      const { brokerUrl, frames, until } = await start();
      const device = await connectClient(brokerUrl);
      const texts = Array.from({ length: 200 }, (_, index) => `frame ${index}`);

      for (const text of texts) device.publish(up, text, { qos: 1 });
      await until(() => frames.length === texts.length);

      expect(frames.map(({ text }) => text)).toEqual(texts);
      expect(frames[0]).toMatchObject({ device: "pump", shard: shardOf("pump") });
    });

    it("hands on frames at QoS 0, and the largest there are", async () => {
      const { brokerUrl, frames, until } = await start();
      const device = await connectClient(brokerUrl);

      device.publish(up, "x".repeat(65_536), { qos: 0 });
      await until(() => frames.length === 1);

      expect(frames[0]?.text).toHaveLength(65_536);
    });

    it("hands on the shard of a topic as it is, be it the device's or not", async () => {
      const { brokerUrl, frames, until } = await start();
      const device = await connectClient(brokerUrl);
      const shard = (shardOf("pump") + 1) % 64;

      device.publish(`${prefix}/${shard}/pump/up`, "stray", { qos: 1 });
      await until(() => frames.length === 1);

      expect(frames).toEqual([{ device: "pump", shard, text: "stray" }]);
    });

    it("sends to the device it is meant for, and to no other", async () => {
      const { brokerUrl, intake } = await start();
      const [pump, door] = [await connectClient(brokerUrl), await connectClient(brokerUrl)];
      await pump.subscribeAsync(down);
      await door.subscribeAsync(topicOf(prefix, "door", "down"));

      intake.send("nobody", Uint8Array.of(0));
      intake.send("pump", Uint8Array.of(1, 2, 3));
      intake.send("door", Uint8Array.of(4));

      expect(await pump.nextMessage()).toEqual({ topic: down, payload: [1, 2, 3] });
      expect((await door.nextMessage()).payload).toEqual([4]);
    });

    it("tells what devices say of their coming and going", async () => {
      const { brokerUrl, presence, until } = await start();
      const device = await connectClient(brokerUrl);

      for (const word of ["online", "offline", "online"]) {
        device.publish(state, word, { qos: 1, retain: true });
      }
      await until(() => presence.length === 3);

      expect(presence).toEqual(["pump came", "pump went", "pump came"]);
    });

    it("tells by its last will when a device is lost", async () => {
      const { brokerUrl, presence, until } = await start();
      const will = { topic: state, payload: Buffer.from("offline"), qos: 1, retain: true } as const;
      const device = await connectClient(brokerUrl, { will });
      device.publish(state, "online", { qos: 1, retain: true });
      await until(() => presence.length === 1);

      device.stream.destroy();
      await until(() => presence.length === 2);

      expect(presence).toEqual(["pump came", "pump went"]);
    });

    it("takes no frames any more once it is stopped", async () => {
      const { brokerUrl, intake, frames, until } = await start();
      const device = await connectClient(brokerUrl);
      device.publish(up, "before", { qos: 1 });
      await until(() => frames.length === 1);

      await intake.stop();
      device.publish(up, "after", { qos: 0 });
      await device.endAsync(true);

      expect(frames).toHaveLength(1);
    });
  });
};
