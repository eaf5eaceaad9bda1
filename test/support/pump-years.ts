import { allParts } from "../../device/all-parts.ts";
import { createJournal } from "../../device/journal/journal.ts";
import { createLoggerOn, type Logger } from "../../device/logger.ts";
import { unrecordedSeqs } from "../../shared/limits.ts";
import { bookAgent } from "./book-agent.ts";
import { fakeClock } from "./fake-clock.ts";
import { fakeFlash } from "./fake-flash.ts";
import {
  boardPlatform,
  createWorldLink,
  type PumpWorld,
  poweredFlash,
  type WorldLink,
} from "./pump-world.ts";
import { createRandom } from "./random.ts";

/** What became of what a pump logged in its years. */
export interface PumpBooks {
  logged: number;
  delivered: number;
  /** By reason. */
  dropped: { [reason: string]: number };
  /** Events that are nowhere: they went with the power, or with RAM at a reset. */
  taken: number;
  /** Of these, events that had no seq: they were dropped, and the count went the same way. */
  takenCounts: number;
  /** What was reported as lost, at most. */
  reported: number;
  boots: number;
  resets: number;
  powerCuts: number;
  outages: number;
  floods: number;
  clockSteps: number;
  writtenBytes: number;
  /** Most erasures of a page of flash. */
  mostErases: number;
  /** Where the books do not balance. */
  faults: string[];
}

const minuteMs = 60_000;
const stepMs = 10 * minuteMs;
const stepsOfDay = 144;
const yearSteps = 365 * stepsOfDay;
const yearS = 31_557_600;

interface World extends PumpWorld {
  books: PumpBooks;
  /** Steps until the network is back. */
  outageSteps: number;
}

/** One start of the pump. */
interface Run {
  log: Logger;
  link: WorldLink;
  /** Number of its first event, and of its last but one. */
  from: number;
  to: number;
}

const start = (world: World): Run => {
  world.isCut = false;
  world.flash.failAfterBytes = Infinity;
  world.clock = fakeClock();
  world.aheadS = 0;
  const platform = boardPlatform(world);
  const link = createWorldLink(world);
  const journal = createJournal({ flash: poweredFlash(world), platform });
  const places = { sites: 64, texts: 16, characters: 2_048 };
  const rateLimit = { perSecond: 5, burst: 100 };
  const host = { platform, link, journal, defaultBytes: 2_048, places, parts: allParts, rateLimit };
  const log = createLoggerOn(host, { device: "pump-7", level: "debug", firmware: "1.4" });
  world.books.boots++;
  return { log, link, from: world.books.logged, to: world.books.logged };
};

const logOne = (world: World, run: Run): void => {
  const { books, random } = world;
  const id = books.logged++;
  run.to = books.logged;
  const bar = random.below(600) / 100;
  if (random.once(1_000)) run.log.error("%d overpressure %d bar", id, bar);
  else if (random.once(200)) run.log.warn("%d pressure %d bar is high", id, bar);
  else if (random.once(12)) run.log.debug("%d valve %s", id, random.pick(["open", "closed"]));
  else run.log.info("%d flow %d l/min at %d bar", id, random.below(80), bar);
};

const flood = (world: World, run: Run): void => {
  world.books.floods++;
  for (let count = 0; count < 400 && !world.isCut; count++) {
    run.log.info("%d retry", world.books.logged++);
    run.to = world.books.logged;
  }
};

/** The network goes for hours, now and then for weeks; the clock is set, years off at worst. */
const disturb = (world: World): void => {
  const { books, random } = world;
  if (world.outageSteps > 0) world.outageSteps--;
  else if (random.once(3_000)) {
    books.outages++;
    world.outageSteps = random.once(5) ? (1 + random.below(4)) * 7 * stepsOfDay : random.below(90);
  }
  world.isOnline = world.outageSteps === 0;
  if (random.once(2_000)) {
    books.clockSteps++;
    world.aheadS += random.pick([10 * yearS, -10 * yearS, 3_600, -3_600, 61]);
  }
};

/** Enters what the end of a boot took, which the device knew and the agent may hear of yet. */
const noteEnd = (run: Run, ended: Ended[]): void => {
  const { boot, dropped } = run.log.stats();
  const counted = Object.entries(dropped)
    .filter(([reason]) => reason !== "outbox_full")
    .reduce((sum, [, count]) => sum + (count ?? 0), 0);
  ended.push({ boot, from: run.from, to: run.to, counted });
};

/** A boot that is over. */
interface Ended {
  boot: string;
  from: number;
  to: number;
  /** Events that got no seq. */
  counted: number;
}

const sum = (counts: { [reason: string]: number }): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Compares what the agent has with what was logged, boot by boot. */
const audit = (world: World, ended: Ended[]): void => {
  const { agent, books } = world;
  for (const { boot, from, to, counted } of ended) {
    const book = agent.boots.get(boot);
    const delivered = book?.delivered ?? [];
    const isInOrder = delivered.every(
      (id, index) => index === 0 || (delivered[index - 1] ?? 0) < id,
    );
    const isOwn = delivered.every((id) => id >= from && id < to);
    if (!isInOrder) books.faults.push(`boot ${boot} is out of order, or doubled`);
    if (!isOwn) books.faults.push(`boot ${boot} has events of another`);
    for (const [reason, count] of Object.entries(book?.dropped ?? {})) {
      books.dropped[reason] = (books.dropped[reason] ?? 0) + count;
    }
    const { outbox_full: buried = 0, ...refused } = book?.dropped ?? {};
    const taken = to - from - delivered.length - buried - sum(refused);
    const takenCounts = Math.max(0, counted - sum(refused));
    const isSettled = book?.isEnded === true;
    const cursor = book?.cursor ?? 0;
    // What leaves nothing in flash is closed by the agent, as so many seqs at most.
    const unrecorded = isSettled ? 0 : Math.max(0, unrecordedSeqs - cursor);
    const reported = (book?.powerLoss ?? 0) + unrecorded;
    books.delivered += delivered.length;
    books.taken += taken;
    books.takenCounts += takenCounts;
    books.reported += reported;
    if (taken < 0) books.faults.push(`boot ${boot} has ${-taken} events too many`);
    if (taken - takenCounts > reported) {
      books.faults.push(`boot ${boot} lost ${taken - takenCounts}, reported were ${reported}`);
    }
    if (!isSettled && cursor > unrecordedSeqs) books.faults.push(`boot ${boot} has no end`);
  }
};

const emptyBooks = (): PumpBooks => ({
  ...{ logged: 0, delivered: 0, dropped: {}, taken: 0, takenCounts: 0, reported: 0, boots: 0 },
  ...{ resets: 0, powerCuts: 0, outages: 0, floods: 0, clockSteps: 0, writtenBytes: 0 },
  ...{ mostErases: 0, faults: [] },
});

const live = (world: World, years: number): void => {
  const { books, flash, random } = world;
  const ended: Ended[] = [];
  let run = start(world);
  for (let step = 0; step < years * yearSteps; step++) {
    disturb(world);
    if (random.once(3_000)) flash.failAfterBytes = random.below(300);
    run.link.look();
    if (random.once(4_000)) flood(world, run);
    else if (!world.isCut) logOne(world, run);
    world.clock.advance(stepMs);
    const isReset = !world.isCut && random.once(2_000);
    if (isReset) {
      books.resets++;
      run.log.fatal("%d watchdog", books.logged++);
      run.to = books.logged;
    }
    const isPowerGone = flash.failAfterBytes < Infinity && random.once(3);
    if (world.isCut || isPowerGone) books.powerCuts++;
    if (!isReset && !world.isCut && !isPowerGone) continue;
    noteEnd(run, ended);
    run = start(world);
  }
  world.outageSteps = 0;
  world.isOnline = true;
  flash.failAfterBytes = Infinity;
  run.link.look();
  void run.log.close(7 * 86_400_000);
  world.clock.advance(8 * 86_400_000);
  noteEnd(run, ended);
  books.writtenBytes = flash.writtenBytes;
  books.mostErases = Math.max(...flash.erases);
  audit(world, ended);
};

/**
 * Lives the years of a pump with a board's logger and a journal in 16 pages of 4,096 bytes, in
 * simulated time: an event every ten minutes; resets, power cuts at any byte of flash, outages up to
 * weeks, steps of the clock, floods. Boots that left nothing are taken for 64 events lost at most.
 */
export const runPumpYears = (options: { years: number; seed: number }): PumpBooks => {
  const saved = { process, setTimeout, clearTimeout };
  const world: World = {
    random: createRandom(options.seed),
    agent: bookAgent(),
    flash: fakeFlash({ pages: 16, pageBytes: 4_096 }),
    books: emptyBooks(),
    isOnline: true,
    outageSteps: 0,
    isCut: false,
    aheadS: 0,
    clock: fakeClock(),
  };
  try {
    live(world, options.years);
  } finally {
    Object.assign(globalThis, saved);
  }
  return world.books;
};
