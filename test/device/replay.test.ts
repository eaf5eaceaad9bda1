import { describe, expect, it } from "vitest";
import { decodeHead } from "../../shared/codec/decode.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import { encodeAck } from "../../shared/index.ts";
import { droppedOf, eventsOf, type FakeAgent } from "../support/fake-agent.ts";
import { createRestartBench, type RestartBench } from "../support/restart-bench.ts";

const kinds = ["tombstone", "", "entries", "end"];

const describeFrame = (payload: Uint8Array): string => {
  const begun = decodeHead(payload);
  if (!begun.ok) throw new Error(begun.reason);
  const { boot, first, count } = begun.header;
  const kind = kinds[(payload[0] as number) & 15];
  return `${boot.number}: ${kind} ${first}-${first + count - 1}`;
};

/** Frames that were published since the last call. */
const sentBy = (bench: RestartBench): string[] => bench.frames().map(describeFrame);

/** Frames that a device publishes until all is settled, in order; each is acked at once. */
const settle = (bench: RestartBench): string[] => {
  const sent: string[] = [];
  bench.link.connect();
  for (let waiting = bench.frames(); waiting.length > 0; waiting = bench.frames()) {
    for (const frame of waiting) {
      sent.push(describeFrame(frame));
      bench.answer(bench.agents.receive(frame));
    }
  }
  return sent;
};

/** A boot that leaves as many frames in flash, each of one fatal event, and the boot event in the first. */
const leave = (bench: RestartBench, frames: number): Boot => {
  const boot = bench.journal.boot;
  for (let count = 0; count < frames; count++) bench.log.fatal("fatal %d", count);
  bench.restart();
  return boot;
};

const booksOf = (bench: RestartBench, boot: Boot): FakeAgent =>
  bench.agents.books.get(bootText(boot)) as FakeAgent;

const ack = (boot: Boot, ackId: number, next: number, busyMs = 0): Uint8Array =>
  encodeAck({ storeId: 1, ackId, boot, next, definitions: 0, epochMs: 1, busyMs });

describe("replay", () => {
  it("sends what the boot before left, then what is missing, then its end", () => {
    const bench = createRestartBench();
    const boot = leave(bench, 2);

    const sent = settle(bench);

    expect(sent.filter((text) => text.startsWith("1:"))).toEqual([
      "1: entries 0-1",
      "1: entries 2-2",
      "1: tombstone 3-63",
      "1: end 64-64",
    ]);
    expect(eventsOf(booksOf(bench, boot)).map(({ site }) => site.level)).toEqual([
      "info",
      "fatal",
      "fatal",
    ]);
    expect(droppedOf(booksOf(bench, boot))).toEqual({ power_loss: 61 });
    expect(bench.journal.earlier()).toBeNull();
  });

  it("settles boots one after the other, oldest first", () => {
    const bench = createRestartBench();
    for (let boot = 0; boot < 3; boot++) leave(bench, 1);

    const sent = settle(bench);

    const boots = sent.map((text) => text.slice(0, 1)).filter((boot) => boot !== "4");
    expect(boots).toEqual([..."111222333"]);
  });

  it("names the earlier boot, its last uptime and how long it has been over", () => {
    const bench = createRestartBench();
    bench.clock.advance(5_000);
    leave(bench, 1);
    bench.clock.advance(7_000);
    leave(bench, 1);
    bench.clock.advance(300);
    bench.link.connect();

    const [frame] = bench.frames();

    const begun = decodeHead(frame as Uint8Array);
    expect(begun.ok && begun.header).toMatchObject({
      boot: { number: 1 },
      base: 0,
      first: 0,
      sendUptimeMs: 5_000,
      ackId: 0,
      endedAgoMs: 7_300,
    });
  });

  it("has one frame at a time on its way, and takes turns with this boot's", () => {
    const bench = createRestartBench();
    leave(bench, 3);
    for (let count = 0; count < 3; count++) bench.log.fatal("live %d", count);

    bench.link.connect();

    expect(sentBy(bench)).toEqual([
      "1: entries 0-1",
      "2: entries 0-1",
      "2: entries 2-2",
      "2: entries 3-3",
    ]);
  });

  it("gives either lane every second message where the link takes one at a time", () => {
    const bench = createRestartBench();
    leave(bench, 3);
    for (let count = 0; count < 3; count++) bench.log.fatal("live %d", count);
    const sent: string[] = [];
    const publish = bench.link.publish;
    bench.link.publish = (topic, payload, isRetained) => {
      publish(topic, payload, isRetained);
      bench.link.clog();
    };
    bench.link.connect();

    for (let message = 0; message < 6; message++) {
      bench.link.drain();
      for (const frame of bench.frames()) {
        sent.push(describeFrame(frame).slice(0, 2));
        bench.answer(bench.agents.receive(frame));
      }
    }

    expect(sent).toEqual(["1:", "2:", "1:", "2:", "1:", "2:"]);
  });

  it("sends its frame again by its own timer, while this boot's are acked", () => {
    const bench = createRestartBench();
    const boot = leave(bench, 1);
    bench.link.connect();
    bench.log.fatal("live");
    bench.clock.advance(3_000);
    sentBy(bench);

    bench.answer(ack(bench.journal.boot, 1, 2));
    bench.clock.advance(1_000);

    expect(boot.number).toBe(1);
    expect(sentBy(bench)).toEqual(["1: entries 0-1"]);
  });

  it("skips what the agent has already", () => {
    const bench = createRestartBench();
    const boot = leave(bench, 5);
    bench.link.connect();
    bench.frames();

    bench.answer(ack(boot, 1, 5));

    expect(sentBy(bench)).toEqual(["1: entries 5-5"]);
  });

  it("sends no end where the agent has one", () => {
    const bench = createRestartBench();
    void bench.log.close(1_000);
    bench.clock.advance(1_000);
    const boot = bench.journal.boot;
    bench.restart();

    const sent = settle(bench);

    expect(sent.filter((text) => text.startsWith("1:"))).toEqual(["1: end 0-1"]);
    expect(droppedOf(booksOf(bench, boot))).toEqual({});
  });

  it("says of a damaged record only that it cannot be read", () => {
    const bench = createRestartBench();
    const boot = leave(bench, 3);
    bench.flash.damaged.add(2);

    settle(bench);

    const values = eventsOf(booksOf(bench, boot)).map((event) => event.values[0]);
    expect(values.slice(1)).toEqual([0, 2]);
    expect(droppedOf(booksOf(bench, boot))).toEqual({ unreadable: 1, power_loss: 60 });
  });

  it("lets the next start go on where this one was cut off", () => {
    const bench = createRestartBench();
    leave(bench, 3);
    bench.link.connect();
    bench.answer(bench.agents.receive(bench.frames()[0] as Uint8Array));
    bench.restart();

    const sent = settle(bench);

    expect(sent[0]).toBe("1: tombstone 0-1");
    expect(sent.filter((text) => text.startsWith("1: entries"))).toEqual([
      "1: entries 2-2",
      "1: entries 3-3",
    ]);
  });

  it("brings definitions again where the agent has lost its store", () => {
    const bench = createRestartBench();
    const boot = leave(bench, 4);
    bench.link.connect();
    bench.answer(bench.agents.receive(bench.frames()[0] as Uint8Array));

    bench.agents.forget();
    settle(bench);
    bench.clock.advance(4_000);
    settle(bench);

    const values = eventsOf(booksOf(bench, boot)).map((event) => event.values[0]);
    expect(values.slice(1)).toEqual([0, 1, 2, 3]);
  });

  it("gives up, counted, a frame that is never answered while this boot's are", () => {
    const bench = createRestartBench();
    const boot = leave(bench, 1);
    const isDeaf = (payload: Uint8Array): boolean => describeFrame(payload) === "1: entries 0-1";
    const deafTo: string[] = [];
    bench.link.connect();

    for (let second = 0; second < 2_000; second++) {
      bench.log.fatal("live");
      bench.clock.advance(1_000);
      for (const frame of bench.frames()) {
        if (isDeaf(frame)) deafTo.push(describeFrame(frame));
        else bench.answer(bench.agents.receive(frame));
      }
    }

    expect(deafTo).toHaveLength(8);
    expect(droppedOf(booksOf(bench, boot))).toEqual({ refused: 2, power_loss: 62 });
    expect(bench.log.stats().dropped).toEqual({});
  });

  it("gives nothing up while nobody answers, or the agent asks for pauses", () => {
    const bench = createRestartBench();
    const boot = leave(bench, 1);
    bench.link.connect();
    bench.log.fatal("live");
    bench.clock.advance(3_600_000);

    for (let minute = 0; minute < 60; minute++) {
      bench.answer(ack(bench.journal.boot, minute, 0, 1_000));
      bench.clock.advance(60_000);
    }
    bench.frames();
    bench.clock.advance(64_000);
    bench.exchange();

    expect(droppedOf(booksOf(bench, boot))).toEqual({ power_loss: 62 });
  });
});
