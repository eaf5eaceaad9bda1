import type { MqttClient } from "mqtt";
import { messageOf } from "../../errors.ts";
import type { Time } from "../../time.ts";
import { createFailures, type Ending, type FailuresOptions } from "./failures.ts";
import { createSubscriptions } from "./subscriptions.ts";

export interface ConnectionOptions extends FailuresOptions {
  /** A new connection; throws where there cannot be one. */
  dial(): MqttClient;
  /** What it listens to. Without all of it frames would be missing and nobody would know. */
  filters(): ReadonlySet<string>;
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
  /** What `filters` answers has changed. */
  refilter(): void;
  stop(): Promise<void>;
}

export const createConnection = (options: ConnectionOptions): Connection => {
  const { dial, filters, time, onMessage, onUp } = options;
  const failures = createFailures(options);
  let current: MqttClient | null = null;
  let isUp = false;
  let isStopped = false;
  let refilter = (): void => {};
  let cancelWait = (): void => {};
  let noteTried = (): void => {};
  const tried = new Promise<void>((resolve) => {
    noteTried = resolve;
  });

  const tryLater = (ending: Ending): void => {
    current = null;
    isUp = false;
    refilter = () => {};
    if (isStopped) return;
    cancelWait = time.after(failures.ended(ending), attempt);
    noteTried();
  };
  const follow = (client: MqttClient): void => {
    const { ending, fail } = watchEnding(client);
    const subscriptions = createSubscriptions(client);
    let sinceMs: number | null = null;
    /** False where the broker does not grant everything: then the connection ends. */
    const subscribe = async (): Promise<boolean> => {
      try {
        await subscriptions.follow(filters);
        return client === current;
      } catch (cause) {
        if (ending.kind === "closed") fail(cause);
        client.end(true);
        return false;
      }
    };
    client.on("message", onMessage);
    client.on("connect", async () => {
      if (!(await subscribe())) return;
      sinceMs = time.monotonicMs();
      isUp = true;
      refilter = subscribe;
      failures.stands();
      onUp(client);
      noteTried();
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
    refilter: () => refilter(),
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

/** How the connection will have ended, by what it tells until then. */
const watchEnding = (client: MqttClient): { ending: Ending; fail(cause: unknown): void } => {
  const ending: Ending = { cause: "it closed the connection", kind: "closed", livedMs: null };
  const fail = (cause: unknown): void => {
    ending.cause = messageOf(cause);
    ending.kind = "failed";
  };
  client.on("error", fail);
  client.on("disconnect", ({ reasonCode = 0 }) => {
    if (reasonCode === takenOver) ending.kind = "taken";
    else fail(`it ended the connection with reason 0x${reasonCode.toString(16)}`);
  });
  return { ending, fail };
};
