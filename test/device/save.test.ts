import { describe, expect, it } from "vitest";
import { createLoggerOn } from "../../device/logger.ts";
import { bootText } from "../../shared/frame.ts";
import { device, down, up } from "../support/device-bench.ts";
import { droppedOf, eventsOf, type FakeAgent, fakeAgents } from "../support/fake-agent.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeFlash, fakeJournal } from "../support/fake-journal.ts";
import { fakeLink } from "../support/fake-link.ts";

/** A logger whose program is saved and resumed whenever a test says so. */
const createSavedBench = (hasFlash: boolean) => {
  const nonce = { value: 1 };
  const told = { save: (): void => {}, resume: (): void => {} };
  const clock = Object.assign(fakeClock(), {
    entropy: () => nonce.value,
    watchSave: (save: () => void, resume: () => void): void =>
      void Object.assign(told, { save, resume }),
  });
  const link = fakeLink();
  const flash = fakeFlash();
  const openJournal = () => fakeJournal(flash, clock.uptimeMs);
  const host = {
    platform: clock,
    link,
    journal: hasFlash ? openJournal() : null,
    openJournal,
    defaultBytes: 2_048,
    places: { sites: 16, texts: 4 },
    parts: {},
  };
  const log = createLoggerOn(host, { device });
  const agents = fakeAgents();
  let taken = 0;
  const exchange = (): void => {
    for (; taken < link.sent.length; taken++) {
      const message = link.sent[taken];
      if (message?.topic === up) link.deliver(down, agents.receive(message.payload));
    }
  };
  const booksOf = (number: number): FakeAgent =>
    agents.books.get(
      bootText({ nonce: hasFlash ? flash.nonce : number, number: hasFlash ? number : 0 }),
    ) as FakeAgent;
  return {
    log,
    clock,
    link,
    exchange,
    booksOf,
    agents,
    flash,
    save: () => told.save(),
    resume() {
      nonce.value++;
      told.resume();
    },
  };
};

const textsOf = (agent: FakeAgent): string[] => eventsOf(agent).map(({ site }) => site.format);

describe("a program that is saved and resumed", () => {
  it("is another boot from then on, with seqs from 0 and definitions of its own", () => {
    const { log, link, exchange, booksOf, save, resume } = createSavedBench(false);
    link.connect();
    for (let count = 0; count < 5; count++) log.error("same %d", count);
    log.flush();
    exchange();

    save();
    resume();
    log.error("same %d", 5);
    log.flush();
    exchange();

    expect([...booksOf(1).entries.keys()]).toEqual([0, 1, 2, 3, 4]);
    expect([...booksOf(2).entries.keys()]).toEqual([0]);
    expect(textsOf(booksOf(2))).toEqual(["same %d"]);
    expect(log.stats()).toMatchObject({ logged: 1, acked: 1, pending: 0, bytes: 0 });
  });

  it("counts what was held without an ack, by level, as lost with the power", () => {
    const { log, clock, link, exchange, booksOf, save, resume } = createSavedBench(false);
    log.error("sealed");
    log.flush();
    log.info("open");

    save();
    resume();
    link.connect();
    clock.advance(5_000);
    exchange();

    const drops = [...booksOf(2).entries.values()].map((entry) =>
      entry.kind === "drop" ? entry.drop : null,
    );
    expect(drops).toEqual(
      expect.arrayContaining([
        { level: "error", reason: "power_loss", count: 1 },
        { level: "info", reason: "power_loss", count: 1 },
      ]),
    );
    expect(drops).toHaveLength(2);
    expect(log.stats()).toMatchObject({ logged: 0, pending: 0, bytes: 0 });
  });

  it("keeps the reason of what had given way before", () => {
    const { log, clock, link, exchange, booksOf, save, resume } = createSavedBench(false);
    for (let count = 0; count < 300; count++) log.warn("%d %s", count, `${count}`.repeat(30));
    const { logged, dropped } = log.stats();
    const known = (dropped.ring_full ?? 0) + (dropped.outbox_full ?? 0);

    save();
    resume();
    link.connect();
    clock.advance(5_000);
    exchange();

    const { power_loss, ...others } = droppedOf(booksOf(2));
    expect(known).toBeGreaterThan(0);
    expect(others).toEqual(dropped);
    expect((power_loss ?? 0) + known).toBe(logged);
  });

  it("heeds no ack of the boot before", () => {
    const { log, link, agents, save, resume } = createSavedBench(false);
    link.connect();
    log.error("before");
    const late = agents.receive(
      link.sent.filter(({ topic }) => topic === up)[0]?.payload as Uint8Array,
    );

    save();
    resume();
    log.error("after");
    log.flush();
    link.deliver(down, late);

    expect(log.stats()).toMatchObject({ logged: 1, acked: 0, pending: 1 });
  });

  it("goes on with its uptime", () => {
    const { log, clock, link, exchange, booksOf, save, resume } = createSavedBench(false);
    clock.advance(60_000);
    save();
    resume();
    log.error("after");
    link.connect();
    exchange();

    expect(eventsOf(booksOf(2))[0]?.uptimeMs).toBe(60_000);
  });
});

describe("a program with flash that is saved and resumed", () => {
  it("sends what was held as the earlier boot's, and begins with an event that says so", () => {
    const { log, link, exchange, booksOf, save, resume, flash } = createSavedBench(true);
    log.error("sealed");
    log.info("open");

    save();
    resume();
    log.error("after");
    link.connect();
    exchange();
    log.flush();
    exchange();

    expect(textsOf(booksOf(1)).slice(1)).toEqual(["sealed", "open"]);
    expect(eventsOf(booksOf(2))[0]).toMatchObject({ site: { tag: "fleetlog" } });
    expect(eventsOf(booksOf(2))[0]?.values.slice(0, 2)).toEqual([2, "unknown"]);
    expect(textsOf(booksOf(2)).slice(1)).toEqual(["after"]);
    expect(flash.boots.map(({ boot }) => boot.number)).toEqual([2]);
    expect(log.stats()).toMatchObject({ logged: 2, acked: 2, pending: 0, dropped: {} });
  });

  it("counts a start before its first event, whatever is logged before it is told", () => {
    const { log, link, exchange, booksOf, save, resume } = createSavedBench(true);
    save();
    log.fatal("early");
    resume();
    link.connect();
    exchange();
    log.flush();
    exchange();

    expect(textsOf(booksOf(2))[0]).toBe("early");
    expect(droppedOf(booksOf(1))).toEqual({ power_loss: 63 });
  });
});
