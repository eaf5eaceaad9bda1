import { shardCount } from "../../shared/limits.ts";
import { agentTopic, defaultPrefix, fleetFilter, parseTopic, shardOf } from "../../shared/topic.ts";
import { systemTime, type Time } from "../time.ts";
import { createAckSender } from "./client/ack-sender.ts";
import { type Connection, createConnection } from "./client/connection.ts";
import { createDial, type DialOptions } from "./client/dial.ts";
import { alpnOf, type ConnectionLimits, limitsOf } from "./client/limits.ts";
import { createOtherAgents, type OtherAgents } from "./client/other-agents.ts";
import { createPace, type Pace, unpaced } from "./client/pace.ts";
import { createInbox, type Intake, type IntakeEvents } from "./intake.ts";

export interface BrokerClientOptions extends DialOptions {
  /** Names the agent's store, which no other agent on the broker should have. */
  storeId: number;
  /** `fleetlog-` and the store's id by default; several connections append `-1`, `-2`, ... */
  clientId?: string | undefined;
  /** Connections that divide the shards; 1 by default, 8 with the limits of AWS IoT Core. */
  connections?: number | undefined;
  /** What the broker allows a connection; told by the host of `url` by default. */
  limits?: "none" | "aws-iot" | undefined;
  /** Shards whose frames are listened to until `listen` says otherwise; all by default. */
  shards?: ReadonlySet<number> | undefined;
  prefix?: string;
  /** Ceiling of the first pause before a connection is tried again; 2 s by default. */
  reconnectPauseMs?: number;
  events: IntakeEvents;
  time?: Time;
  /** In [0, 1). */
  random?(): number;
}

/** Acks that may wait for one connection. */
const waitingAcksLimit = 10_000;

/** Of what a connection may carry, this much is for acks: one often answers several frames. */
const ackShare = 1 / 3;

const allShards: ReadonlySet<number> = new Set(Array.from({ length: shardCount }).keys());

/** The URL as it may be shown: without the name and password it may hold. */
const withoutSecrets = (url: string): string => url.replace(/\/\/[^/?#]*@/, "//");

/** Devices reach the agent through a broker that runs elsewhere. */
export interface BrokerClient extends Intake {
  /** Resolves once each connection stands, or has failed once; frames may come before. */
  readonly tried: Promise<void>;
  /** Listens to the frames of these shards alone from now on; of all to who is there. */
  listen(shards: ReadonlySet<number>): void;
}

/**
 * Connections to a broker that runs elsewhere, kept up for ever: where the broker is not there or
 * refuses, that is told as a trouble and tried again. Throws `BROKER_CERTIFICATE` where a file cannot
 * be used.
 *
 * Sessions are clean. What a broker would keep for an absent agent is bounded and no promise, while
 * devices keep and send again all that has no ack; so a PUBACK goes at once and means nothing.
 */
export const createBrokerClient = (options: BrokerClientOptions): BrokerClient => {
  const { url, events, prefix = defaultPrefix, time = systemTime, limits: named } = options;
  const limits = limitsOf(url, named);
  const { connections = limits.connections } = options;
  const dial = createDial({ ...options, alpn: options.alpn ?? alpnOf(url, named) });
  const take = createInbox(events);
  const others = createOtherAgents({
    ...options,
    prefix,
    time,
    onTrouble: events.onTrouble,
    announce: (payload) => parts[0]?.announce(payload),
  });
  const onMessage = (topic: string, payload: Buffer): void => {
    const source = parseTopic(prefix, topic);
    if (source !== null) take(source, payload);
    else if (topic === agentTopic(prefix)) others.heard(payload);
  };
  let shards = options.shards ?? allShards;
  const shared = {
    ...options,
    ...{ prefix, time, limits, connections, dial, others, onMessage },
    isWanted: (shard: number) => shards.has(shard),
  };
  const parts: Part[] = [];
  for (let index = 0; index < connections; index++) parts.push(createPart(shared, index));
  return {
    url: withoutSecrets(url),
    tried: Promise.all(parts.map(({ connection }) => connection.tried)).then(() => {}),
    send: (device, payload) => parts[shardOf(device) % connections]?.send(device, payload),
    listen(wanted) {
      shards = wanted;
      for (const { connection } of parts) connection.refilter();
    },
    async stop() {
      others.stop();
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
};

interface PartOptions extends Omit<BrokerClientOptions, "limits" | "shards"> {
  prefix: string;
  time: Time;
  limits: ConnectionLimits;
  connections: number;
  dial: ReturnType<typeof createDial>;
  others: OtherAgents;
  onMessage(topic: string, payload: Buffer): void;
  /** Its frames are listened to. */
  isWanted(shard: number): boolean;
}

/** One connection, and what goes over it. */
interface Part {
  connection: Connection;
  send(device: string, payload: Uint8Array): void;
  announce(payload: string): void;
  stop(): Promise<void>;
}

/** What connection `index` of several listens to, in its part of the shards. */
const filtersOf = (options: PartOptions, index: number): Set<string> => {
  const { prefix, connections, isWanted } = options;
  const filters = new Set(index === 0 ? [agentTopic(prefix)] : []);
  for (let shard = index; shard < shardCount; shard += connections) {
    filters.add(fleetFilter(prefix, "state", shard));
    if (isWanted(shard)) filters.add(fleetFilter(prefix, "up", shard));
  }
  return filters;
};

const clientIdOf = ({ clientId, storeId, connections }: PartOptions, index: number): string => {
  const id = clientId ?? `fleetlog-${storeId.toString(16).padStart(8, "0")}`;
  return connections === 1 ? id : `${id}-${index + 1}`;
};

/** What a connection may carry a second: acks, and frames with all else that comes. */
const pacesOf = ({ limits, time }: PartOptions): { acks: Pace; frames: Pace } => {
  const { publishesPerSecond } = limits;
  if (!Number.isFinite(publishesPerSecond)) return { acks: unpaced, frames: unpaced };
  const acks = Math.floor(publishesPerSecond * ackShare);
  return { acks: createPace(acks, time), frames: createPace(publishesPerSecond - acks, time) };
};

const createPart = (options: PartOptions, index: number): Part => {
  const { prefix, time, limits, connections, others, events } = options;
  const paces = pacesOf(options);
  const url = withoutSecrets(options.url);
  const clientId = clientIdOf(options, index);
  const connection = createConnection({
    url,
    clientId,
    time,
    firstWaitMs: options.reconnectPauseMs ?? 2_000,
    random: options.random ?? Math.random,
    filters: () => filtersOf(options, index),
    onTrouble: events.onTrouble,
    dial: () => options.dial(clientId, limits.unacked),
    onMessage(topic, payload) {
      if (paces.frames.waitMs() > 0) {
        events.onTrouble(
          `Broker "${url}" has more frames for one of ${connections} connections than its limits allow, and may drop some until their devices send again: set more "mqtt.connections"`,
        );
      }
      paces.frames.went();
      options.onMessage(topic, payload);
    },
    onUp() {
      if (index === 0) others.announce();
      sender.pump();
    },
  });
  const sender = createAckSender({
    prefix,
    pace: paces.acks,
    time,
    client: connection.client,
    limit: waitingAcksLimit,
    onGivenUp: () =>
      events.onTrouble(
        `More than ${waitingAcksLimit} acks wait for broker "${url}": the oldest give way and their devices send again, see "mqtt.connections"`,
      ),
  });
  return {
    connection,
    send: sender.send,
    announce(payload) {
      paces.acks.went();
      connection.client()?.publish(agentTopic(prefix), payload, { qos: 0 });
    },
    async stop() {
      sender.stop();
      await connection.stop();
    },
  };
};
