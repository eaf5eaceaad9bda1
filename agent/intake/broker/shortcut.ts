import type { Socket } from "node:net";
import type { Client } from "aedes";
import type { Source } from "../../../shared/topic.ts";
import type { Outlet } from "./outlet.ts";
import { createSplitter, type Publish } from "./split-publishes.ts";

export interface ShortcutOptions {
  client: Client;
  outlet: Outlet;
  /** Where frames on this topic come from; null where a message on it is the broker's to judge. */
  sourceOf(topic: string): Source | null;
  take(source: Source, payload: Uint8Array): void;
  /** Of the client; 0 for none. */
  keepAliveMs(): number;
  /** Of a monotonic clock. */
  nowMs(): number;
}

/** One message in so long still goes through the broker, which knows then that the client lives. */
const shownAfter = 0.5;

/**
 * Takes frames from a connection past the broker, once that has accepted it: a message through the
 * broker costs ten times what the agent does with the frame. All else reaches the broker as it came.
 */
export const takeShortcut = (socket: Socket, options: ShortcutOptions): void => {
  const { client, outlet, sourceOf, take, keepAliveMs, nowMs } = options;
  let shownMs = nowMs();
  let topic: Uint8Array = new Uint8Array(0);
  let source: Source | null = null;

  const isDue = (): boolean => {
    const limitMs = keepAliveMs() * shownAfter;
    if (limitMs === 0) return false;
    const isOver = nowMs() - shownMs >= limitMs;
    if (isOver) shownMs = nowMs();
    return isOver;
  };
  const find = (asked: Uint8Array): Source | null => {
    if (Buffer.compare(asked, topic) === 0) return source;
    topic = Uint8Array.from(asked);
    source = sourceOf(Buffer.from(asked).toString());
    return source;
  };
  const offer = ({ topic: asked, payload, id }: Publish): boolean => {
    if (!client.connected || outlet.isBlocked() || isDue()) return false;
    const found = find(asked);
    if (found === null) return false;
    take(found, payload);
    if (id > 0) outlet.acknowledge(id);
    return true;
  };
  const splitter = createSplitter(offer);
  const read = socket.read.bind(socket);
  /** The broker is at what it read last: it may ask in the middle of it, and must not be answered. */
  let isReading = false;

  const goOn = (): void => {
    isReading = false;
    if (splitter.hasMore()) socket.emit("readable");
  };
  socket.read = (sizeBytes) => {
    const chunk: Buffer | null = read(sizeBytes);
    if (chunk !== null) splitter.push(chunk);
    // Node asks for nothing as well, to have more fetched.
    if (sizeBytes === 0 || isReading) return null;
    const bytes = splitter.next();
    if (bytes === null) return null;
    isReading = true;
    process.nextTick(goOn);
    return bytes;
  };
};
