import { encodeAck } from "../../shared/codec/downlink.ts";
import type { Boot } from "../../shared/frame.ts";
import type { BootClock } from "../clock.ts";
import type { Commands } from "../commands/commands.ts";
import type { Devices } from "../devices.ts";
import type { Metrics } from "../metrics.ts";
import type { Spool } from "../spool/spool.ts";
import type { Time } from "../time.ts";

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
  /** Absent where nothing can be commanded. */
  commands?: Pick<Commands, "meet" | "observe" | "bring">;
  metrics: Metrics;
  time: Time;
}

/** Tells a device what is synced: all that the answer says. */
export const sendAck = (
  { commands, metrics, send, spool, time }: AckOptions,
  device: string,
  { boot, clock, next, definitions, busyMs }: Answer,
): void => {
  metrics.acksSent++;
  const ackId = clock?.ackSent(time.monotonicMs()) ?? 0;
  const command = commands?.bring(device, boot, ackId);
  const payload = encodeAck({
    storeId: spool.storeId,
    ackId,
    boot,
    next,
    definitions,
    epochMs: Math.floor(time.epochMs()),
    busyMs,
    ...(command === undefined ? {} : { command }),
  });
  send(device, payload);
};

/** Sends what the last ack said to the newest boot of a device once more: without a frame, for a command. */
export const remindDevice = async (
  options: AckOptions & { spool: Pick<Spool, "synced">; devices: Devices },
  id: string,
): Promise<void> => {
  const { commands, devices, spool } = options;
  let answer: Answer | null = null;
  await devices.with(id, ({ session, clock }) => {
    const boot = session.newest();
    if (boot === null) return;
    commands?.meet(id, boot);
    const known = { next: session.cursor(boot), definitions: session.definitions(boot) };
    answer = { boot, clock: clock(boot), ...known, busyMs: 0 };
  });
  await spool.synced();
  if (answer !== null) sendAck(options, id, answer);
};
