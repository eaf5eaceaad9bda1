import type { Command } from "../../shared/downlink.ts";
import type { Boot, FrameHeader } from "../../shared/frame.ts";
import { messageOf } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Time } from "../time.ts";
import { type HeldCommand, isLive, isOnce, wireOf } from "./command.ts";
import { createCommandFiles } from "./files.ts";
import { forgetCommand, latest } from "./folder.ts";
import {
  createWanted,
  isBootOf,
  isDue,
  nextOf,
  noteBrought,
  noteReturned,
  type Wanted,
} from "./wanted.ts";

/**
 * What operators want of devices, as the files of a folder say, and how far each device has it.
 * Acks bring commands, lowest id first; the header of a later frame says that an ack has come.
 */
export interface Commands {
  /** A boot of the device is alive. */
  meet(device: string, boot: Boot): void;
  /** Takes what a frame says of the acks that came. */
  observe(device: string, header: FrameHeader): void;
  /** What the ack that is about to leave must bring. */
  bring(device: string, boot: Boot, ackId: number): Command | undefined;
  /** Looks into the folder now. */
  look(): Promise<void>;
  /** Looks no more. */
  close(): void;
}

export interface CommandsOptions {
  directory: string;
  time: Time;
  metrics: Metrics;
  onTrouble(message: string): void;
  isOnline(device: string): boolean;
  /** Something waits for a device that is online and has not sent a frame. */
  onDue(device: string): void;
  /** Time between two looks; 1,000 ms. */
  pollMs?: number;
}

/** What is wanted, by device; `forget` is given what has been replaced or is over. */
const sortOut = (
  byDevice: Map<string, Wanted>,
  all: readonly HeldCommand[],
  nowMs: number,
  forget: (held: HeldCommand) => void,
): void => {
  const current = new Set(latest(all).filter((held) => isLive(held, nowMs)));
  for (const held of all) if (!current.has(held)) forget(held);
  for (const wanted of byDevice.values()) wanted.held = [];
  for (const held of current) {
    const wanted = byDevice.get(held.device) ?? createWanted([], null);
    byDevice.set(held.device, wanted);
    wanted.held.push(held);
  }
  for (const [device, { held }] of byDevice) if (held.length === 0) byDevice.delete(device);
};

/** Looks into the folder again and again, until it is told to end. */
const startLooking = async (
  { time, pollMs = 1_000 }: CommandsOptions,
  look: () => Promise<void>,
): Promise<() => void> => {
  let isClosed = false;
  let cancel = (): void => {};
  const poll = async (): Promise<void> => {
    await look();
    if (!isClosed) cancel = time.after(pollMs, () => void poll());
  };
  await poll();
  return () => {
    isClosed = true;
    cancel();
  };
};

/** Has looked once when it resolves. */
export const createCommands = async (options: CommandsOptions): Promise<Commands> => {
  const { directory, time, metrics, onTrouble, isOnline, onDue } = options;
  const files = createCommandFiles(directory, onTrouble);
  const byDevice = new Map<string, Wanted>();
  let isClosed = false;

  const forget = (held: HeldCommand): void => {
    forgetCommand(directory, held).catch((thrown: unknown) => onTrouble(messageOf(thrown)));
  };
  const look = async (): Promise<void> => {
    const all = await files.read();
    if (isClosed) return;
    sortOut(byDevice, all, time.epochMs(), forget);
    for (const [device, wanted] of byDevice) {
      if (nextOf(wanted, time.epochMs()) === undefined || !isOnline(device)) continue;
      if (isDue(wanted, time.monotonicMs())) onDue(device);
    }
  };
  const meet = (device: string, boot: Boot): void => {
    const wanted = byDevice.get(device);
    if (wanted === undefined || isBootOf(wanted, boot)) return;
    byDevice.set(device, createWanted(wanted.held, boot));
  };

  const stopLooking = await startLooking(options, look);
  return {
    meet,
    observe(device, { boot, ackId, endedAgoMs }) {
      if (!byDevice.has(device) || endedAgoMs !== undefined) return;
      meet(device, boot);
      const wanted = byDevice.get(device);
      if (wanted === undefined || !noteReturned(wanted, ackId)) return;
      metrics.commandsEchoed++;
      const done = wanted.held.find(({ id }) => id === wanted.echoedId);
      if (done === undefined || !isOnce(done.want)) return;
      wanted.held = wanted.held.filter((held) => held !== done);
      forget(done);
    },
    bring(device, boot, ackId) {
      const wanted = byDevice.get(device);
      const next = wanted && isBootOf(wanted, boot) ? nextOf(wanted, time.epochMs()) : undefined;
      if (wanted === undefined || next === undefined) return undefined;
      noteBrought(wanted, next.id, ackId);
      wanted.broughtMs = time.monotonicMs();
      metrics.commandsSent++;
      return wireOf(next, time.epochMs());
    },
    look,
    close() {
      isClosed = true;
      stopLooking();
    },
  };
};
