import { encodeAck } from "../shared/codec/downlink.ts";
import type { Boot } from "../shared/frame.ts";
import type { BootClock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";
import type { Spool } from "./spool/spool.ts";
import type { Time } from "./time.ts";

/** What an ack says; `clock` is that of the boot, if anything of it is stored. */
export interface Answer {
  boot: Boot;
  clock: BootClock | undefined;
  next: number;
  definitions: number;
  busyMs: number;
}

export interface AckOptions {
  spool: Pick<Spool, "storeId">;
  /** Sends bytes to the device. */
  send(device: string, payload: Uint8Array): void;
  metrics: Metrics;
  time: Time;
}

/** Tells a device what is synced: all that the answer says. */
export const sendAck = (
  { metrics, send, spool, time }: AckOptions,
  device: string,
  { boot, clock, next, definitions, busyMs }: Answer,
): void => {
  metrics.acksSent++;
  const payload = encodeAck({
    storeId: spool.storeId,
    ackId: clock?.ackSent(time.monotonicMs()) ?? 0,
    boot,
    next,
    definitions,
    epochMs: Math.floor(time.epochMs()),
    busyMs,
  });
  send(device, payload);
};
