import { describe, expect, it } from "vitest";
import { callsIn, eventOf, isEmbedded, readCorpora } from "./corpus.ts";

describe("corpus", () => {
  it("records a call as a device does, objects as JSON", () => {
    const line = '{"t":5,"l":"W","g":"pump","f":"%s %j","a":["on",{"rpm":[1,2.5]}]}';

    expect(callsIn(`${line}\n`, "pump").map(eventOf)).toEqual([
      {
        kind: "event",
        uptimeMs: 5,
        site: { level: "warn", tag: "pump", format: "%s %j" },
        values: ["on", { json: '{"rpm":[1,2.5]}' }],
      },
    ]);
  });

  it.each([
    ['{"t":5', 'Cannot read "x", line 1: '],
    ['{"t":5,"l":"N","g":"","f":"","a":[]}', 'Cannot read "x", line 1: no {"t"'],
    ["null", 'Cannot read "x", line 1: no {"t"'],
    ["\n", 'Cannot read "x": it has no calls'],
    [
      '{"t":5,"l":"I","g":"","f":"","a":[]}\n{"t":4,"l":"I","g":"","f":"","a":[]}',
      'Cannot read "x", line 2: 4 ms is before the call above',
    ],
  ])("refuses %j", (text, message) => {
    expect(() => callsIn(text, "x")).toThrow(message);
  });

  it("is embedded by its name, or where the folder's readme says so", () => {
    const readme =
      "| name | events | embedded |\n|---|---|---|\n| radar | 7 | yes |\n| mac | 7 | no |";

    const names = ["esp_kettle", "emb-door", "radar", "mac", "android"];

    expect(names.filter((name) => isEmbedded(name, readme))).toEqual([
      "esp_kettle",
      "emb-door",
      "radar",
    ]);
  });

  it("says which folder it did not find", async () => {
    await expect(readCorpora("/nowhere/corpora")).rejects.toThrow(
      'Cannot read corpora in "/nowhere/corpora": ENOENT',
    );
  });
});
