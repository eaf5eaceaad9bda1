import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDictionary, dictionaryText } from "../../agent/dictionary/dictionary.ts";
import { connectOptions, createLogger } from "../../device/index.ts";
import { tokenOf } from "../../shared/token.ts";
import { startSystem, type TestSystem, until } from "../support/system.ts";

const place = { level: "info", tag: null, file: "app.ts", line: 1 } as const;

describe("a program whose formats are at home", () => {
  let system: TestSystem;

  beforeEach(async () => {
    system = await startSystem();
  });

  afterEach(() => system.stop());

  it("has its events kept until the agent has the dictionary, and delivered in order then", async () => {
    const dictionary = createDictionary([{ ...place, format: "temp %d of %s" }]);
    const folder = join(system.directory, "agent", "dictionaries");
    const client = connect(system.agent.mqttUrl, connectOptions("pump-7"));
    const options = { device: "pump-7", mqtt: client, flushAfterMs: 20 };
    const log = createLogger({ ...options, dictionary: dictionary.hash });

    log.info(tokenOf(0), 1, "inlet");
    await until("acks", () => log.stats().pending === 0);
    await until("trouble", () => system.troubles.length > 0);
    log.info(tokenOf(0), 2, "outlet");
    await log.close();
    await client.endAsync();
    const waiting = system.agent.pending();
    await writeFile(join(folder, "pump.json"), dictionaryText(dictionary));
    await system.restartAgent();
    await until("delivery", () => system.agent.pending().frames === 0);
    const events = await system.settle();

    expect(waiting.frames).toBeGreaterThan(0);
    expect(system.troubles).toEqual([
      expect.stringContaining(`dictionary ${dictionary.hash} is not in "${folder}"`),
    ]);
    expect(events.map(({ message, format, seq }) => [seq, message, format])).toEqual([
      [0, "temp 1 of inlet", "temp %d of %s"],
      [1, "temp 2 of outlet", "temp %d of %s"],
    ]);
  });
});
