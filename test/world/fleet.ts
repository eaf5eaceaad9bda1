import type { Level } from "../../shared/event.ts";
import { levels } from "../../shared/event.ts";
import { type FakeFlash, fakeFlash } from "../support/fake-flash.ts";
import type { Clockwork } from "./clockwork.ts";
import type { Dice } from "./dice.ts";
import type { Faults } from "./faults.ts";
import type { Network } from "./network.ts";
import type { Sabotage } from "./sabotage.ts";
import type { BootTruth, Logged, Truth } from "./truth.ts";
import { type Run, startRun } from "./unit.ts";

/** A device, with or without flash, and the program that runs on it. */
export interface Unit {
  device: string;
  flash: FakeFlash | null;
  run: Run;
  truth: BootTruth;
  /** The device starts anew after `offMs`; what was in RAM is gone. */
  reboot(offMs: number): void;
  /** Its flash is erased, or new, and it starts anew. */
  erase(): void;
  /** Someone keeps a copy of its flash. */
  backUpFlash(): void;
  /** The copy takes its flash's place, and it starts anew; false where there is none. */
  restoreFlash(): boolean;
  /** The program closes its log; the device starts anew after that. */
  close(): void;
  /** The program lets the device sleep, as its logger offers it. */
  sleep(): void;
  /** The program logs one last event as soon as it can, and no more. */
  rest(): void;
  /** Whether it has. */
  hasRested(): boolean;
}

export interface UnitOptions {
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
  network: Network;
  truth: Truth;
  device: string;
  sabotage: Sabotage;
  /** How long the program logs. */
  troubledMs: number;
  tell(what: string): void;
  /** It broke a bound. */
  onBroken(what: string): void;
}

const leastOutboxBytes = 512;

/** Log calls of a program, but for floods: most worlds are small, so that there can be many. */
const anyCalls = (dice: Dice): number =>
  dice.chance(0.8) ? dice.spread(2, 40) : dice.spread(40, 250);

const words = ["open", "closed", "inlet", "outlet", "a longer text that comes again", "ü€😀"];

type Line = Pick<Logged, "id" | "level" | "tag" | "text"> & { call(run: Run): void };

const isMethod = (level: string): level is Level => levels.includes(level as Level);

/** A log call as programs make them, for the event with this id. */
const anyLine = (dice: Dice, id: number, isLarge: boolean): Line => {
  const level = dice.pick(["debug", "info", "info", "info", "info", "warn", "error", "fatal"]);
  const tag = dice.pick(["", "", "pump", "wifi"]);
  const word = isLarge ? "x".repeat(dice.below(1_200)) : dice.pick(words);
  const number = dice.below(2_000) - 1_000;
  if (dice.chance(0.05)) {
    const text = `gauge ${id}`;
    return { id, level: "info", tag: "metric", text, call: ({ log }) => log.metric("gauge", id) };
  }
  const shapes: [string, unknown[], string][] = [
    ["#%d flow %d", [id, number], `#${id} flow ${number}`],
    ["#%d valve %s", [id, word], `#${id} valve ${word}`],
    ["#%d level %d of %s at %d", [id, number, word, 7], `#${id} level ${number} of ${word} at 7`],
    [`#${id} never again`, [], `#${id} never again`],
  ];
  const [format, values, text] = dice.pick(shapes);
  const call = ({ log }: Run): void => {
    const target = tag === "" ? log : log.tag(tag);
    if (isMethod(level)) target[level](format, ...values);
  };
  return { id, level, tag, text, call };
};

/** Reasons that come only to frames which were sealed. */
const later = ["outbox_full", "refused", "unreadable"];

const refusalIn = (before: BootTruth["dropped"], after: BootTruth["dropped"]): string | null =>
  Object.keys(after).find(
    (reason) => !later.includes(reason) && (after[reason] ?? 0) > (before[reason] ?? 0),
  ) ?? null;

export const createUnit = (options: UnitOptions): Unit => {
  const { clockwork, dice, faults, device, tell } = options;
  const flash = dice.chance(0.5) ? fakeFlash({ pages: dice.pick([4, 8]), pageBytes: 1_024 }) : null;
  const driftPpm = dice.between(-190, 190);
  const outboxBytes = dice.pick([512, 1_024, 2_048, 2_048, 16_384]);
  const pauseMs = options.troubledMs / anyCalls(dice);
  /** Runs whose log is closed. */
  const closed = new Set<Run>();
  let copy: Uint8Array | null = null;
  /** Boots there were when the flash was copied. */
  let copiedBoots = 0;
  let isResting = false;
  let lastWords: Run | null = null;

  const start = (): Pick<Unit, "run" | "truth"> => {
    if (flash) flash.failAfterBytes = Number.POSITIVE_INFINITY;
    const run = startRun({
      ...options,
      flash,
      driftPpm,
      outboxBytes,
      onCut() {
        faults.note("flashCut");
        unit.reboot(dice.spread(10, 60_000));
      },
    });
    const { boot } = run.log.stats();
    tell(`${device} starts as boot ${boot}`);
    const [number = "0", nonce = "0"] = boot.split("-");
    const name = { number: Number(number), nonce: Number.parseInt(nonce, 16) };
    return { run, truth: options.truth.begin(device, name, name.number > 0) };
  };
  const noteTally = (): void => {
    const { bytes, dropped, logged, unreserved = 0 } = unit.run.log.stats();
    unit.truth.dropped = dropped as BootTruth["dropped"];
    unit.truth.unreserved = unreserved;
    if (bytes > Math.max(leastOutboxBytes, outboxBytes)) {
      options.onBroken(`${device} holds ${bytes} bytes, its outbox has ${outboxBytes}`);
    }
    unit.truth.own = logged - unit.truth.logged.length;
  };
  const logOne = (): void => {
    const { run, truth } = unit;
    if (!run.isAlive()) return;
    const before = run.log.stats().dropped;
    const isLarge = faults.strikes("largeEvent");
    const line = anyLine(dice, options.truth.nextId(), isLarge);
    const logged = options.truth.enter(truth, line, clockwork.nowMs());
    tell(`${device} logs #${line.id}`);
    line.call(run);
    noteTally();
    logged.refused = refusalIn(before as BootTruth["dropped"], truth.dropped);
  };
  const live = (run: Run): void => {
    const isCurrent = (): boolean => unit.run === run && !closed.has(run);
    run.after(isResting ? 1_000 : dice.spread(pauseMs / 10, pauseMs * 4), () => {
      if (!isCurrent() || lastWords === run) return;
      if (isResting) {
        logOne();
        lastWords = run;
        return;
      }
      const burst = faults.strikes("flood") ? 10 + dice.below(60) : 1;
      for (let left = burst; left > 0 && run.isAlive(); left--) logOne();
      live(run);
    });
  };
  const unit: Unit = {
    device,
    flash,
    ...({} as Pick<Unit, "run" | "truth">),
    hasRested: () => lastWords !== null && lastWords === unit.run && unit.run.isAlive(),
    rest() {
      if (flash) flash.failAfterBytes = Number.POSITIVE_INFINITY;
      isResting = true;
      live(unit.run);
    },
    reboot(offMs) {
      const { run } = unit;
      run.die();
      noteTally();
      tell(`${device} goes down for ${Math.round(offMs)} ms`);
      clockwork.after(offMs, () => {
        if (unit.run !== run) return;
        Object.assign(unit, start());
        live(unit.run);
      });
    },
    erase() {
      unit.reboot(dice.spread(100, 60_000));
      flash?.bytes.fill(255);
      options.truth.forget(device);
    },
    backUpFlash() {
      copy = flash?.bytes.slice() ?? null;
      copiedBoots = options.truth.boots.length;
    },
    restoreFlash() {
      if (flash === null || copy === null) return false;
      unit.reboot(dice.spread(100, 60_000));
      flash.bytes.set(copy);
      options.truth.forget(device, copiedBoots);
      const { restored } = options.truth;
      restored.set(device, (restored.get(device) ?? 0) + 1);
      return true;
    },
    close() {
      const { run } = unit;
      closed.add(run);
      tell(`${device} closes its log`);
      const { truth } = unit;
      void run.log.close(dice.spread(500, 60_000)).then((isComplete) => {
        truth.isClosed = isComplete && run.isAlive();
        if (run.isAlive() && unit.run === run) unit.reboot(dice.spread(10, 60_000));
      });
    },
    sleep() {
      const { run } = unit;
      if (!run.isAlive()) return;
      run.log.sleep(() => {
        if (!run.isAlive() || unit.run !== run) return;
        const isRamLost = dice.chance(0.4);
        const forMs = dice.spread(1_000, 600_000);
        tell(`${device} sleeps for ${Math.round(forMs)} ms${isRamLost ? ", its RAM is lost" : ""}`);
        if (isRamLost) {
          unit.reboot(forMs);
          return;
        }
        run.doze(forMs);
        // What waits is sent again with the first call after sleep.
        lastWords = null;
        if (isResting) live(run);
      });
    },
  };
  Object.assign(unit, start());
  live(unit.run);
  return unit;
};
