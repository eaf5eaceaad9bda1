import type { Socket } from "node:net";
import type { Aedes, Client } from "aedes";
import type { Source } from "../../../shared/topic.ts";
import { createListeners } from "./listeners.ts";
import { createOutlets, type Outlet } from "./outlet.ts";
import { takeShortcut } from "./shortcut.ts";

export interface BypassOptions {
  prefix: string;
  /** Where frames on this topic come from; null where a message on it is the broker's to judge. */
  sourceOf(client: Client, topic: string): Source | null;
  take(client: Client, source: Source, payload: Uint8Array): void;
}

/** What goes past the broker: frames once it has accepted their connection, and what the agent sends. */
export interface Bypass {
  /** The broker has the connection, and has not read from it. */
  attach(client: Client, socket: Socket): void;
  /** What the client asked for; 0 for none. */
  noteKeepAlive(client: Client, keepAliveMs: number): void;
  /** Keeps up who listens to what. */
  follow(broker: Aedes): void;
  /** Lost without a word where nobody listens. */
  send(device: string, payload: Uint8Array): void;
}

/** In place of a QoS: the subscription was refused. */
const refusedQos = 128;

export const createBypass = ({ prefix, sourceOf, take }: BypassOptions): Bypass => {
  const listeners = createListeners(prefix);
  const createOutlet = createOutlets();
  const outlets = new WeakMap<Client, Outlet>();
  const keepAlives = new WeakMap<Client, number>();
  return {
    attach(client, socket) {
      const outlet = createOutlet(socket);
      outlets.set(client, outlet);
      takeShortcut(socket, {
        client,
        outlet,
        take: (source, payload) => take(client, source, payload),
        sourceOf: (topic) => sourceOf(client, topic),
        keepAliveMs: () => keepAlives.get(client) ?? 0,
        nowMs: () => performance.now(),
      });
    },
    noteKeepAlive: (client, keepAliveMs) => void keepAlives.set(client, keepAliveMs),
    follow(broker) {
      broker.on("subscribe", (subscriptions, client) => {
        const outlet = client.closed ? undefined : outlets.get(client);
        for (const { topic, qos } of subscriptions) {
          if (outlet !== undefined && (qos as number) < refusedQos) listeners.add(topic, outlet);
        }
      });
      broker.on("unsubscribe", (topics, client) => {
        const outlet = outlets.get(client);
        for (const topic of topics) if (outlet !== undefined) listeners.remove(topic, outlet);
      });
    },
    send: listeners.send,
  };
};
