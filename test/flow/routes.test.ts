import { afterEach, describe, expect, it } from "vitest";
import { readAll } from "../../agent/demo/read-all.ts";
import { startSystem, type TestSystem, until } from "../support/system.ts";

describe("events with routes", () => {
  let system: TestSystem;

  afterEach(() => system.stop());

  /** Messages of each stream of a group, in order. */
  const messagesIn = async (group: string): Promise<string[]> =>
    (await readAll(system.cloudwatch, group))
      .flat()
      .map(({ message }) => JSON.parse(message) as { message?: string })
      .flatMap(({ message }) => message ?? []);

  it("go where the rules say, each once and in order, and the rest home", async () => {
    system = await startSystem({
      route: [
        { level: "error", group: "/fleetlog/alarms" },
        { tag: "wifi", group: "/fleetlog/radio", stream: "all" },
      ],
    });
    const { log, end } = await system.startDevice("pump-7");
    for (let round = 0; round < 40; round++) {
      log.info("step %d", round);
      log.tag("wifi").debug("rssi %d", round);
      if (round % 10 === 9) log.error("failed %d", round);
    }
    await end();

    await system.settle();

    const rounds = Array.from({ length: 40 }, (_, round) => round);
    expect(await messagesIn("/fleetlog/alarms")).toEqual(
      [9, 19, 29, 39].map((at) => `failed ${at}`),
    );
    expect(await messagesIn("/fleetlog/radio")).toEqual(rounds.map((at) => `rssi ${at}`));
    const home = await messagesIn("/fleetlog/test");
    expect(home.filter((message) => message.startsWith("step"))).toEqual(
      rounds.map((at) => `step ${at}`),
    );
    expect(system.agent.metrics.possiblyDuplicated).toBe(0);
    expect(system.agent.pending().frames).toBe(0);
  });

  it("keep their order and number while calls are cut and throttled", async () => {
    system = await startSystem({ route: [{ level: "error", group: "/fleetlog/alarms" }] });
    system.endpoint.faults.strike(3, [
      { fault: { kind: "cut-after" }, probability: 0.3, action: "PutLogEvents" },
      {
        fault: {
          kind: "error",
          name: "ThrottlingException",
          message: "Rate exceeded",
          status: 400,
        },
        probability: 0.3,
        action: "PutLogEvents",
      },
    ]);
    const { log, end } = await system.startDevice("pump-7");
    for (let round = 0; round < 60; round++)
      log[round % 3 === 0 ? "error" : "info"]("step %d", round);
    await end();
    await new Promise((resolve) => setTimeout(resolve, 500));
    system.endpoint.faults.strike(3, []);
    await until("delivery", () => system.agent.pending().frames === 0);

    await system.settle();

    const rounds = Array.from({ length: 60 }, (_, round) => round);
    const alarms = await messagesIn("/fleetlog/alarms");
    const home = (await messagesIn("/fleetlog/test")).filter((text) => text.startsWith("step"));
    const doubled = alarms.length + home.length - 60;
    expect([...new Set(alarms)]).toEqual(
      rounds.filter((at) => at % 3 === 0).map((at) => `step ${at}`),
    );
    expect([...new Set(home)]).toEqual(
      rounds.filter((at) => at % 3 !== 0).map((at) => `step ${at}`),
    );
    expect(doubled).toBeLessThanOrEqual(system.agent.metrics.possiblyDuplicated);
  });
});
