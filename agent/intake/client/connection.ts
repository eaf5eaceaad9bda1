import { ErrorWithSubackPacket, type MqttClient } from "mqtt";
import { messageOf } from "../../errors.ts";
import type { Time } from "../../time.ts";
import { createFailures, type Ending, type FailuresOptions } from "./failures.ts";
import { filtersPerSubscribe } from "./limits.ts";

export interface ConnectionOptions extends FailuresOptions {
  /** A new connection; throws where there cannot be one. */
  dial(): MqttClient;
  /** What it listens to. Without all of it frames would be missing and nobody would know. */
  filters: readonly string[];
  time: Time;
  onMessage(topic: string, payload: Buffer): void;
  /** It stands, and all filters are granted. */
  onUp(client: MqttClient): void;
}

/** A connection that is made again whenever it breaks, or is refused. */
export interface Connection {
  /** Resolves once it stands for the first time, or has failed for the first time. */
  readonly tried: Promise<void>;
  /** Null while it does not stand. */
  client(): MqttClient | null;
  stop(): Promise<void>;
}

export const createConnection = (options: ConnectionOptions): Connection => {
  const { dial, filters, time, onMessage, onUp } = options;
  const failures = createFailures(options);
  let current: MqttClient | null = null;
  let isUp = false;
  let isStopped = false;
  let cancelWait = (): void => {};
  let noteTried = (): void => {};
  const tried = new Promise<void>((resolve) => {
    noteTried = resolve;
  });

  const tryLater = (ending: Ending): void => {
    current = null;
    isUp = false;
    if (isStopped) return;
    cancelWait = time.after(failures.ended(ending), attempt);
    noteTried();
  };
  const follow = (client: MqttClient): void => {
    const ending: Ending = { cause: "it closed the connection", kind: "closed", livedMs: null };
    let sinceMs: number | null = null;
    const fail = (cause: unknown): void => {
      ending.cause = messageOf(cause);
      ending.kind = "failed";
    };
    client.on("message", onMessage);
    client.on("error", fail);
    client.on("disconnect", ({ reasonCode = 0 }) => {
      if (reasonCode === takenOver) ending.kind = "taken";
      else fail(`it ended the connection with reason 0x${reasonCode.toString(16)}`);
    });
    client.on("connect", () => {
      subscribe(client, filters).then(
        () => {
          sinceMs = time.monotonicMs();
          isUp = true;
          failures.stands();
          onUp(client);
          noteTried();
        },
        (cause: unknown) => {
          if (ending.kind === "closed" && client.connected) fail(cause);
          client.end(true);
        },
      );
    });
    client.once("close", () => {
      if (sinceMs !== null) ending.livedMs = time.monotonicMs() - sinceMs;
      tryLater(ending);
    });
  };
  const attempt = (): void => {
    try {
      current = dial();
      follow(current);
    } catch (cause) {
      tryLater({ cause: messageOf(cause), kind: "failed", livedMs: null });
    }
  };
  attempt();
  return {
    tried,
    client: () => (isUp ? current : null),
    async stop() {
      isStopped = true;
      cancelWait();
      noteTried();
      const client = current;
      isUp = false;
      await client?.endAsync(true);
    },
  };
};

/** Reason of an MQTT 5 DISCONNECT: another client has come with the same id. */
const takenOver = 0x8e;

const refusedOf = (cause: unknown, filters: readonly string[]): string[] => {
  const granted = cause instanceof ErrorWithSubackPacket ? cause.packet.granted : [];
  return filters.filter((_filter, index) => Number(granted[index] ?? 0) >= 128);
};

const subscribe = async (client: MqttClient, filters: readonly string[]): Promise<void> => {
  const parts: string[][] = [];
  for (let from = 0; from < filters.length; from += filtersPerSubscribe) {
    parts.push(filters.slice(from, from + filtersPerSubscribe));
  }
  const subscribePart = async (part: string[]): Promise<void> => {
    try {
      await client.subscribeAsync(part, { qos: 1 });
    } catch (cause) {
      const [refused] = refusedOf(cause, part);
      if (refused === undefined) throw cause;
      throw new Error(`it refuses to let us subscribe to "${refused}"`, { cause });
    }
  };
  await Promise.all(parts.map(subscribePart));
};
