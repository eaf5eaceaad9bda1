import { describe, expect, it } from "vitest";
import { headerOf } from "../../support/any-receipt.ts";
import { loggingDevice, startWholeAgent } from "../../support/delivered-device.ts";
import { definitionOf, headedPayload, headWith } from "../../support/headed-frame.ts";

describe("delivery and definitions", () => {
  it("reads frames that rest on what earlier ones defined, delivered already or not", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump");

    for (const value of [1, 2, 3]) {
      await agent.take(pump, pump.log("temp %d", value));
      await agent.pass();
    }

    expect(agent.messages()).toEqual(["temp 1", "temp 2", "temp 3"]);
    expect(agent.metrics).toMatchObject({ framesLacking: 0, deadLetters: 0 });
  });

  it("reads them after a crash, from the disk alone", async () => {
    const before = await startWholeAgent();
    const pump = loggingDevice("pump");
    for (const text of ["inlet", "inlet", "inlet"]) {
      await before.take(pump, pump.log("temp of %s", text));
    }

    const agent = await startWholeAgent({ disk: before.disk.diskAfterPowerCut() });
    await agent.take(pump, pump.log("temp of %s", "inlet"));
    await agent.pass();

    expect(agent.messages().slice(-1)).toEqual(["temp of inlet"]);
    expect(agent.metrics.deadLetters).toBe(0);
    expect(agent.spool.usage().frames).toBe(0);
  });

  it("makes a dead letter of a body that names what was never defined", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump");
    const header = headerOf(pump.boot, 0);
    await agent.take(pump, headedPayload(header, headWith(0, 2, [definitionOf(1)])));
    pump.log("first");
    pump.hear(2);

    await agent.take(pump, pump.log("first"));
    await agent.pass();

    const letters = await agent.spool.deadLetters();
    expect(letters).toHaveLength(2);
    expect(letters.at(-1)?.reason).toMatch(/ at byte \d+$/);
  });
});
