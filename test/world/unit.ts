import { allParts } from "../../device/all-parts.ts";
import type { Flash } from "../../device/journal/flash.ts";
import { createJournal, type Journal } from "../../device/journal/journal.ts";
import { createLoggerOn, type Logger } from "../../device/logger.ts";
import type { Platform } from "../../device/platform.ts";
import { type FakeFlash, PowerCut } from "../support/fake-flash.ts";
import type { Clockwork } from "./clockwork.ts";
import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import type { Sabotage } from "./sabotage.ts";

/** One start of a device, with the module's own code. */
export interface Run {
  log: Logger;
  journal: Journal | null;
  /** Whether it has power and has not been started anew since. */
  isAlive(): boolean;
  /** Power is gone: the module's code has no effect from now on, wherever it is. */
  die(): void;
  /** The device sleeps for so long without counting its uptime. */
  doze(forMs: number): void;
  /** Someone sets the device's clock. */
  setClock(byMs: number): void;
  /** Calls back once the device has counted so much. */
  after(delayMs: number, callback: () => void): void;
  /** Timers that have not fired. */
  timers(): number;
}

export interface RunOptions {
  clockwork: Clockwork;
  dice: Dice;
  network: Network;
  device: string;
  /** Null where frames are in RAM alone. */
  flash: FakeFlash | null;
  /** The oscillator's error. */
  driftPpm: number;
  outboxBytes: number;
  sabotage: Sabotage;
  /** Power failed inside a write to flash. */
  onCut(): void;
}

/** What the module counts as uptime. */
interface Counter {
  uptimeMs(): number;
  doze(forMs: number): void;
  asleepMs(): number;
  /** True time until the counter has gone on by so much. */
  trueMs(countedMs: number): number;
}

const createCounter = ({ clockwork, driftPpm }: RunOptions): Counter => {
  const rate = 1 + driftPpm / 1_000_000;
  const startMs = clockwork.nowMs();
  let dozedMs = 0;
  let awakeAtMs = startMs;
  return {
    uptimeMs: () => Math.floor((Math.max(clockwork.nowMs(), awakeAtMs) - startMs - dozedMs) * rate),
    doze(forMs) {
      const fromMs = Math.max(clockwork.nowMs(), awakeAtMs);
      awakeAtMs = fromMs + forMs;
      dozedMs += forMs;
    },
    asleepMs: () => Math.max(0, awakeAtMs - clockwork.nowMs()),
    trueMs: (countedMs) => Math.max(0, awakeAtMs - clockwork.nowMs()) + countedMs / rate,
  };
};

/** Timers are late by up to this. */
const timerSlackMs = 2;

interface BoardTimer {
  callback: () => void;
  dueMs: number;
  cancel(): void;
}

const createTimers = (options: RunOptions, counter: Counter, isAlive: () => boolean) => {
  const { clockwork, dice } = options;
  const pending = new Set<BoardTimer>();
  const arm = (timer: BoardTimer): void => {
    const leftMs = Math.max(0, timer.dueMs - counter.uptimeMs());
    const slackMs = dice.between(0, timerSlackMs);
    timer.cancel = clockwork.after(counter.trueMs(leftMs) + slackMs, () => {
      if (!isAlive()) return;
      if (counter.uptimeMs() < timer.dueMs) {
        arm(timer);
        return;
      }
      pending.delete(timer);
      timer.callback();
    });
  };
  return {
    count: () => pending.size,
    after(delayMs: number, callback: () => void): BoardTimer {
      const dueMs = counter.uptimeMs() + Math.max(0, delayMs);
      const timer: BoardTimer = { callback, dueMs, cancel: () => {} };
      if (!isAlive()) return timer;
      pending.add(timer);
      arm(timer);
      return timer;
    },
    cancel(timer: BoardTimer): void {
      pending.delete(timer);
      timer.cancel();
    },
  };
};

/** Flash that is written as long as there is power. */
const poweredFlash = (flash: FakeFlash, isAlive: () => boolean, onCut: () => void): Flash => {
  const guard = (use: () => boolean): boolean => {
    if (!isAlive()) return false;
    try {
      return use();
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) throw thrown;
      onCut();
      return false;
    }
  };
  return {
    ...flash,
    write: (at, bytes) => guard(() => flash.write(at, bytes)),
    erase: (page) => guard(() => flash.erase(page)),
  };
};

export const startRun = (options: RunOptions): Run => {
  const { device, dice, flash, network, sabotage } = options;
  let hasPower = true;
  const isAlive = (): boolean => hasPower;
  const counter = createCounter(options);
  const timers = createTimers(options, counter, isAlive);
  const die = (): void => {
    hasPower = false;
  };
  const platform: Platform = {
    uptimeMs: counter.uptimeMs,
    after: timers.after,
    cancel: (timer) => timers.cancel(timer as BoardTimer),
    entropy: () => dice.below(4_294_967_296),
  };
  const powered =
    flash &&
    poweredFlash(flash, isAlive, () => {
      die();
      options.onCut();
    });
  const journal = powered && createJournal({ flash: powered, platform });
  const link = network.plug(device, { isAlive, asleepMs: counter.asleepMs });
  const host = {
    platform,
    link: sabotage.link?.(link) ?? link,
    journal,
    defaultBytes: options.outboxBytes,
    places: { sites: 16, texts: 8, characters: 1_024 },
    parts: allParts,
    rateLimit: { perSecond: 5, burst: 100 },
    resetReason: "power",
  };
  const log = createLoggerOn(host, { device, level: "debug" });
  return {
    log,
    journal,
    isAlive,
    die,
    doze: counter.doze,
    setClock: (byMs) => platform.onStep?.(byMs),
    after: timers.after,
    timers: timers.count,
  };
};
