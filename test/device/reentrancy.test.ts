import { describe, expect, it } from "vitest";
import { createLoggerOn, type Logger } from "../../device/logger.ts";
import { createMirror } from "../../device/mirror.ts";
import type { Mirror } from "../../device/recorder.ts";
import type { LogEvent } from "../../shared/index.ts";
import { device, down, up } from "../support/device-bench.ts";
import { eventsOf, fakeAgent } from "../support/fake-agent.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeLink } from "../support/fake-link.ts";

/** A logger on a link that stands, with an agent that acks at once. */
const createReentrancyBench = (mirror?: Mirror) => {
  const clock = fakeClock();
  const link = fakeLink();
  const agent = fakeAgent();
  const places = { sites: 64, texts: 16 };
  const host = { platform: clock, link, defaultBytes: 65_536, places, parts: {} };
  const log = createLoggerOn(host, { device, level: "debug" }, mirror);
  const publish = link.publish;
  const trouble: { onPublish: (() => void) | null } = { onPublish: null };
  link.publish = (topic, payload, isRetained) => {
    publish(topic, payload, isRetained);
    if (topic === up && trouble.onPublish) trouble.onPublish();
  };
  link.connect();
  /** What has arrived, once all that waits was sent and acked. */
  const events = (): LogEvent[] => {
    log.flush();
    for (let taken = 0; taken < link.sent.length; taken++) {
      const message = link.sent[taken];
      if (message?.topic === up) link.deliver(down, agent.receive(message.payload));
      if (taken === link.sent.length - 1) clock.advance(10_000);
    }
    return eventsOf(agent);
  };
  return { clock, log, trouble, events };
};

const formatsOf = (events: LogEvent[]): string[] => events.map(({ site }) => site.format);

/** All that was logged is delivered or counted. */
const expectAccounted = (log: Logger, delivered: number, busy: number): void => {
  const dropped = busy > 0 ? { busy } : {};
  expect(log.stats()).toMatchObject({
    logged: delivered + busy,
    acked: delivered,
    pending: 0,
    dropped,
  });
};

describe("log calls made while the logger is at work", () => {
  it("are recorded after the call whose toJSON makes them, in the middle of a frame", () => {
    const { log, events } = createReentrancyBench();
    const reading = {
      toJSON() {
        log.warn("inner %d", 7);
        return { value: 1 };
      },
    };

    log.info("before");
    log.info("outer %s", reading);
    log.info("after");

    const arrived = events();
    expect(formatsOf(arrived)).toEqual(["before", "outer %s", "inner %d", "after"]);
    expect(arrived[1]?.values).toEqual([{ json: '{"value":1}' }]);
    expectAccounted(log, 4, 0);
  });

  it("are recorded after a call that a getter which throws makes unreadable", () => {
    const { log, events } = createReentrancyBench();
    const reading = {
      get value(): number {
        log.warn("inner");
        throw new Error("no reading");
      },
    };

    log.info("outer %s", reading);

    const arrived = events();
    expect(arrived.map(({ site, values }) => [site.format, values])).toEqual([
      ["outer %s", ["[unreadable]"]],
      ["inner", []],
    ]);
    expectAccounted(log, 2, 0);
  });

  it("have four places, and are counted as busy beyond", () => {
    const { log, events } = createReentrancyBench();
    const reading = {
      toJSON() {
        for (let count = 0; count < 6; count++) log.info("inner %d", count);
        return 1;
      },
    };

    for (let round = 0; round < 3; round++) log.info("outer %s", reading);

    expect(events()).toHaveLength(15);
    expectAccounted(log, 15, 6);
  });

  it("are recorded where the client's error event makes them, while a frame is sent", () => {
    const { log, trouble, events } = createReentrancyBench();
    let troubles = 0;
    trouble.onPublish = () => {
      if (troubles++ < 5) log.error("mqtt error %d", troubles);
    };

    log.info("first");

    const arrived = events();
    expect(arrived.map(({ values }) => values[0])).toEqual([undefined, 1, 2, 3, 4, 5]);
    expectAccounted(log, 6, 0);
  });

  it("come to an end where each frame that is sent makes one", () => {
    const { clock, log, trouble } = createReentrancyBench();
    let calls = 0;
    trouble.onPublish = () => {
      calls++;
      log.error("mqtt error");
    };

    log.error("first");
    clock.advance(10_000);

    expect(calls).toBeLessThanOrEqual(10);
  });

  it("are not shown again where what shows events is a console that logs them", () => {
    const lines: unknown[] = [];
    const console = {
      log(...line: unknown[]) {
        lines.push(line[0]);
        log.info("console %s", line[0]);
      },
    };
    const { log, events } = createReentrancyBench(createMirror(console));

    log.warn("a");
    log.warn("b");

    expect(formatsOf(events())).toEqual(["a", "console %s", "b", "console %s"]);
    expect(lines).toEqual(["warn a", "warn b"]);
    expectAccounted(log, 4, 0);
  });

  it("go on being recorded after work was broken off, as by an engine without memory", () => {
    const { clock, log, events } = createReentrancyBench();
    const lasting = {
      toJSON() {
        clock.advance(10_000);
        log.info("next");
        return 1;
      },
    };

    log.info("broken off %s", lasting);

    expect(formatsOf(events())).toContain("next");
  });
});
