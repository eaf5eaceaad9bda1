import type { Client, PublishPacket } from "aedes";
import { type Source, topicOf } from "../../../shared/topic.ts";
import type { Metrics } from "../../metrics.ts";
import { createInbox, type IntakeEvents, presenceOf } from "../intake.ts";
import type { Credentials } from "./credentials.ts";
import { createPermissions } from "./permissions.ts";
import type { RulesOptions } from "./rules.ts";
import { createSpeakers } from "./speakers.ts";

export interface FleetOptions {
  prefix: string;
  events: IntakeEvents;
  metrics: Pick<Metrics, "willsRefused">;
  credentials: Credentials | undefined;
  /** Sends a message to those who listen. */
  publish(packet: PublishPacket): void;
}

/** What clients of the embedded broker are to it: devices, which speak for themselves. */
export interface Fleet {
  rules: RulesOptions;
  /** Where frames on this topic come from; null where the client may not publish any. */
  framesOf(client: Client, topic: string): Source | null;
  /** Takes a frame that came past the broker. */
  take(client: Client, source: Source, payload: Uint8Array): void;
  /** The connection that speaks for a device. */
  speakerOf(device: string): Client | undefined;
  /** The connection has ended. */
  leave(client: Client): void;
}

export const createFleet = (options: FleetOptions): Fleet => {
  const { credentials, events, metrics, prefix } = options;
  const take = createInbox(events);
  const permissions = createPermissions(prefix, () => credentials === undefined);
  const speakers = createSpeakers();

  const refuseWill = (what: string): void => {
    metrics.willsRefused++;
    events.onTrouble(`Refused the last will of ${what}: a device's says "offline" of itself`);
  };
  const publish = (client: Client | null, packet: PublishPacket): Error | null => {
    const source = permissions.publish(client, packet);
    if (source instanceof Error) return source;
    const { device, channel } = source;
    const payload = bytesOf(packet.payload);
    const isOffline = channel === "state" && presenceOf(payload) === false;
    if (client === null || client.closed) {
      if (!speakers.isLast(client, device)) return new Error("another connection speaks");
    }
    if (client !== null && !isOffline) speakers.speak(client, device);
    if (client !== null && isOffline) speakers.release(client, device);
    take(source, payload);
    return null;
  };
  return {
    rules: {
      keepsSessions: false,
      publish,
      maySubscribe: permissions.subscribe,
      mayLeave(_client, { clientId, will }) {
        const isGood = will !== undefined && permissions.isWill(will.topic, bytesOf(will.payload));
        if (!isGood) refuseWill(`client "${clientId}"`);
        return isGood;
      },
      onAdmitted: speakers.enter,
      ...(credentials === undefined
        ? {}
        : {
            async check(client, name, password) {
              const grant = await credentials.check(name, password);
              if (grant !== null) permissions.grant(client, grant);
              return grant !== null;
            },
          }),
    },
    framesOf: permissions.frames,
    take(client, source, payload) {
      speakers.speak(client, source.device);
      take(source, payload);
    },
    speakerOf: speakers.of,
    leave(client) {
      for (const device of speakers.leave(client)) {
        const topic = topicOf(prefix, device, "state");
        const payload = Buffer.from("offline");
        const packet = { topic, payload, qos: 0, retain: true, dup: false } as const;
        const message: PublishPacket = { cmd: "publish", ...packet };
        const source = permissions.publish(null, message);
        if (source instanceof Error) continue;
        options.publish(message);
        take(source, payload);
      }
    },
  };
};

const bytesOf = (payload: string | Buffer): Buffer =>
  typeof payload === "string" ? Buffer.from(payload) : payload;
