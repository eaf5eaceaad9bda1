import { type Agent, createAgent } from "../../agent/agent.ts";
import { messageOf } from "../../agent/errors.ts";
import type { Metrics } from "../../agent/metrics.ts";
import type { SettingsInput } from "../../agent/settings.ts";
import { isDamage } from "../../agent/spool/level/open-store.ts";
import type { DeadLetter, SpoolLimits } from "../../agent/spool/spool.ts";
import type { Clockwork } from "./clockwork.ts";
import type { Cloud } from "./cloud.ts";
import { CloudClient } from "./cloud-client.ts";
import type { Dice } from "./dice.ts";
import { createDisk, type Disk } from "./disk.ts";
import type { Faults } from "./faults.ts";
import type { Network } from "./network.ts";
import { noCommands, type Process, timeOf } from "./process.ts";
import type { Sabotage } from "./sabotage.ts";
import { lettersIn, openSpool } from "./spool.ts";

/** The machine the agent runs on: it starts the agent, and starts it again whenever it ended. */
export interface Machine {
  disk: Disk;
  /** The process ends: after so many more points at which something of it waits. */
  crashWithin(points: number, isPowerLost: boolean): void;
  /** It does not, if it has not yet. */
  defuse(): void;
  /** The agent is told to stop, and does. */
  stop(): void;
  /** Replaces the store while the agent is away. */
  replaceStore(isRestored: boolean): void;
  /** Someone keeps a copy of the store. */
  backUp(): void;
  setWallClock(byMs: number): void;
  /** Every setting of the wall clock, and how far it is ahead since. */
  wallClocks: readonly { sinceMs: number; aheadMs: number }[];
  /** Of the running agent; null while there is none. */
  agent(): Agent | null;
  /** Sum over all processes so far. */
  possiblyDuplicated(): number;
  metrics(): Metrics[];
  /** All that are kept, and that went with a store. */
  deadLetters(): DeadLetter[];
  replacements: readonly Replacement[];
  /** When the store was repaired. */
  repairs: readonly number[];
}

/** The store was lost, or another came in its place. */
export interface Replacement {
  atMs: number;
  /** Bytes of the frames that waited in the store that went. */
  isRestored: boolean;
}

export interface MachineOptions {
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
  network: Network;
  cloud: Cloud;
  /** True time as a clock that is never wrong shows it. */
  epochMs(): number;
  settings: SettingsInput;
  sabotage: Sabotage;
  /** Bytes of frames that may wait: less than settings allow. */
  spoolBytes: number;
  tell(what: string): void;
  /** Each ack as it leaves. */
  onAck(device: string, payload: Uint8Array): void;
  /** The agent broke in a way that no fault explains. */
  onBroken(what: string): void;
}

/** What is stored with a frame; how much is not known as room is asked for. */
const headBytes = 1_024;

const restartMs = [50, 30_000] as const;

export const createMachine = (options: MachineOptions): Machine => {
  const { clockwork, dice, faults, network, sabotage, tell } = options;
  const disk = createDisk(options);
  const processes: Process[] = [];
  const wallClocks = [{ sinceMs: 0, aheadMs: 0 }];
  const replacements: Replacement[] = [];
  const repairs: number[] = [];
  const lostLetters: DeadLetter[] = [];
  let backup = disk.contents();
  let current: Process | null = null;
  let powerLosses = 0;

  const aheadMs = (): number => wallClocks.at(-1)?.aheadMs ?? 0;
  const startLater = (): void => {
    clockwork.after(dice.spread(...restartMs), () => void start());
  };
  const end = (process: Process, isPowerLost: boolean, why: string): void => {
    if (!process.isAlive) return;
    process.isAlive = false;
    if (current === process) current = null;
    tell(`the agent ends: ${why}`);
    disk.crash(isPowerLost);
    if (isPowerLost) powerLosses++;
    network.leave();
    startLater();
  };
  const touch = (process: Process): void => {
    const { fuse } = process;
    if (fuse === null || !process.isAlive || fuse.points-- > 0) return;
    faults.note(fuse.isPowerLost ? "agentPowerLoss" : "agentCrash");
    end(process, fuse.isPowerLost, fuse.isPowerLost ? "its machine lost power" : "it crashed");
  };
  const start = async (): Promise<void> => {
    if (current !== null) return;
    const process: Process = {
      ...{
        isAlive: true,
        agent: null,
        spool: null,
        metrics: null,
        possiblyDuplicated: 0,
        salvaged: 0,
        fuse: null,
      },
    };
    current = process;
    processes.push(process);
    const isAlive = (): boolean => process.isAlive;
    const gate = { isAlive, touch: () => touch(process) };
    const time = timeOf(process, clockwork, {
      epochMs: () => options.epochMs() + aheadMs(),
      machineBoot: `${powerLosses}`,
      touch: gate.touch,
    });
    const localEpochMs = time.epochMs;
    const client = new CloudClient({ ...options, ...gate, localEpochMs });
    try {
      process.agent = await createAgent(options.settings, {
        cloudwatch: sabotage.cloudwatch?.(client) ?? client,
        time: sabotage.time?.(time) ?? time,
        random: () => dice.between(0, 1),
        onTrouble: (message) => isAlive() && tell(`agent: ${message}`),
        onRepeat(possiblyDuplicated) {
          if (isAlive()) process.possiblyDuplicated = possiblyDuplicated;
        },
        onFatal(cause) {
          if (!isAlive()) return;
          noteBreak(cause);
          end(process, false, messageOf(cause));
        },
        async openSpool(limits) {
          const opened = disk.open(gate.isAlive, gate.touch);
          const store = sabotage.store?.(opened) ?? opened;
          process.spool = await openSpool(
            store,
            disk,
            bounded(limits),
            ({ possiblyDuplicated, lost }) => {
              process.salvaged += possiblyDuplicated;
              repairs.push(clockwork.nowMs());
              tell(`the store is repaired: ${lost} lost, ${possiblyDuplicated} may be doubled`);
            },
          );
          return process.spool;
        },
        async openIntake(events) {
          const intake = network.join(events, isAlive);
          return {
            ...intake,
            send(device, payload) {
              touch(process);
              if (isAlive()) options.onAck(device, payload);
              checkBound(process);
              const sent = sabotage.ack ? sabotage.ack(payload) : payload;
              if (sent !== null) intake.send(device, sent);
            },
          };
        },
        openCommands: async () => noCommands,
        openDictionaries: async () => ({ find: () => undefined, close() {} }),
      });
      process.metrics = process.agent.metrics;
      tell("the agent is up");
    } catch (thrown) {
      if (!isAlive()) return;
      noteBreak(thrown);
      end(process, false, `it cannot start: ${messageOf(thrown)}`);
    }
  };
  const bounded = (limits: SpoolLimits): SpoolLimits => ({
    ...limits,
    newStoreId: () => dice.below(4_294_967_296),
    limitBytes: options.spoolBytes,
    laneShare: 1,
  });
  const checkBound = ({ spool, isAlive }: Process): void => {
    const bytes = spool?.usage().bytes ?? 0;
    if (isAlive && bytes > options.spoolBytes + headBytes) {
      options.onBroken(`the spool holds ${bytes} bytes, its limit is ${options.spoolBytes}`);
    }
  };
  const noteBreak = (cause: unknown): void => {
    const isExpected = isDamage(cause) && faults.coverage.damagedByte !== undefined;
    if (isDamage(cause)) disk.noteDamage();
    if (isExpected || (cause as { code?: string }).code === "SPOOL_FAILED") return;
    options.onBroken((cause as Error).stack ?? messageOf(cause));
  };
  void start();
  return {
    disk,
    wallClocks,
    replacements,
    repairs,
    agent: () => current?.agent ?? null,
    metrics: () => processes.flatMap(({ metrics }) => (metrics === null ? [] : [metrics])),
    deadLetters: () => [...lostLetters, ...lettersIn(disk.contents())],
    possiblyDuplicated: () =>
      processes.reduce(
        (sum, { possiblyDuplicated, salvaged }) => sum + possiblyDuplicated + salvaged,
        0,
      ),
    crashWithin(points, isPowerLost) {
      if (current !== null) current.fuse = { points, isPowerLost };
    },
    defuse() {
      if (current !== null) current.fuse = null;
    },
    stop() {
      const process = current;
      if (process?.agent == null) return;
      tell("the agent is told to stop");
      void process.agent.stop().then(
        () => end(process, false, "it has stopped"),
        (cause: unknown) => {
          noteBreak(cause);
          end(process, false, messageOf(cause));
        },
      );
    },
    replaceStore(isRestored) {
      if (current !== null) end(current, false, "its store is replaced");
      lostLetters.push(...lettersIn(disk.contents()));
      disk.restore(isRestored ? backup : new Map());
      replacements.push({ atMs: clockwork.nowMs(), isRestored });
    },
    backUp() {
      backup = disk.contents();
    },
    setWallClock(byMs) {
      wallClocks.push({ sinceMs: clockwork.nowMs(), aheadMs: aheadMs() + byMs });
    },
  };
};
