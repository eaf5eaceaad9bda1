import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCommand } from "../../../agent/cli/decode.ts";
import { createDictionary, dictionaryText } from "../../../agent/dictionary/dictionary.ts";
import type { AgentError } from "../../../agent/errors.ts";
import { createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { encodeAck } from "../../../shared/codec/downlink.ts";
import { addEntry, encodeFrame, encodeSealed } from "../../../shared/codec/encode.ts";
import { createTable } from "../../../shared/codec/table.ts";
import type { Entry, Value } from "../../../shared/event.ts";
import type { FrameHeader } from "../../../shared/frame.ts";
import { anyDamage, anyFrame } from "../../support/any-frame.ts";

const command = fileURLToPath(new URL("../../../dist/agent/cli/fleetlog.js", import.meta.url));

interface Exit {
  code: number;
  output: string[];
  errors: string;
}

/** Runs `fleetlog decode` as a process, the input on its standard input. */
const decodeStdin = (input: string): Promise<Exit> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [command, "decode"], (error, stdout, errors) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, output: stdout.split("\n").slice(0, -1), errors });
    });
    child.stdin?.end(input);
  });

const written = async (name: string, content: string | Uint8Array): Promise<string> => {
  const file = join(await mkdtemp(join(tmpdir(), "fleetlog-decode-")), name);
  await writeFile(file, content);
  return file;
};

/** Runs `fleetlog decode` on a file, in this process. */
const decode = async (input: string | Uint8Array, ...args: string[]): Promise<Exit> => {
  const output: string[] = [];
  const run = decodeCommand((line) => void output.push(line));
  const file = await written("input", input);
  const errors = await run.parseAsync(["node", "decode", file, ...args]).then(
    () => "",
    (thrown: AgentError) => thrown.message,
  );
  const code = Number(process.exitCode ?? (errors === "" ? 0 : 1));
  process.exitCode = undefined;
  return { code, output, errors };
};

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const boot = { nonce: 0x5eed0001, number: 0 };

const headerOf = (first: number, count: number): FrameHeader => ({
  boot,
  base: first,
  first,
  count,
  sendUptimeMs: 2_000,
  ackId: first === 0 ? 0 : 3,
  ackUptimeMs: first === 0 ? 2_000 : 1_540,
});

const eventOf = (uptimeMs: number, format: string, values: Value[], tag = "wifi"): Entry => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag, format },
  values,
});

const wholeFrame = (entries: Entry[]): Uint8Array =>
  encodeFrame({ header: headerOf(0, entries.length), body: { kind: "entries", entries } });

const started = wholeFrame([eventOf(1_200, "rssi %d", [-71])]);

const ack = encodeAck({
  storeId: 0xcafe0001,
  boot,
  ackId: 3,
  next: 1,
  definitions: 1,
  epochMs: 1_790_000_000_000,
  busyMs: 0,
});

/** A frame that defines a site, its ack, and one that uses it. */
const session = (): string[] => {
  const table = createTable({ sites: 4, texts: 4 }, undefined);
  const writer = createBodyWriter(table);
  addEntry(writer, eventOf(1_200, "rssi %d", [-71]), 1_200);
  const first = encodeSealed(headerOf(0, 1), writer.seal(), table);
  table.acked(1);
  addEntry(writer, eventOf(1_900, "rssi %d", [-68]), 1_200);
  return [first, ack, encodeSealed(headerOf(1, 1), writer.seal(), table)].map(hexOf);
};

describe("decode command", () => {
  it("shows frames and acks of a session, later frames by definitions of earlier ones", async () => {
    const { code, output } = await decodeStdin(session().join("\n"));

    expect(output).toEqual([
      `line 1: frame, ${started.length} bytes, boot 0-5eed0001, seq 0 to 0`,
      "  base 0, sent at 2000 ms, no ack yet",
      "  needs 0 definitions, settles 1",
      '  definition 0: site info wifi "rssi %d", 1 value',
      "  0  1200 ms  info   wifi: rssi -71",
      "line 2: ack, 20 bytes, boot 0-5eed0001",
      "  store cafe0001, ack 3, wants seq 1, holds 1 definitions",
      "  left at 1790000000000 ms (2026-09-21T14:13:20.000Z), busy for 0 ms",
      "line 3: frame, 20 bytes, boot 0-5eed0001, seq 1 to 1",
      "  base 1, sent at 2000 ms, ack 3 came at 1540 ms",
      "  needs 1 definitions, settles 1",
      "  1  1900 ms  info   wifi: rssi -68",
    ]);
    expect(code).toBe(0);
  });

  it("shows each byte with its meaning", async () => {
    const { output } = await decode(started, "--explain");

    expect(output.slice(1, 18)).toEqual([
      "      0  a2                          protocol byte = header a, body format 2",
      "      1  01 00 ed 5e                 nonce = 1592590337 (boot 0-5eed0001)",
      "      5  00                          number = 0",
      "      6  00                          first = 0",
      "      7  00                          first - base = 0 (base 0)",
      "      8  01                          count = 1",
      "      9  d0 0f                       sendUptimeMs = 2000",
      "     11  00                          ackId = 0 (no ack yet)",
      "     12  01                          needs = 0, definitions follow",
      "     13  01                          settled - needs = 1 (settled 1)",
      "     14  01                          definitions = 1",
      '     15  00 21                       definition 0 = site info wifi "rssi %d", 1 value',
      '     17  04 77 69 66 69              tag = "wifi"',
      '     22  0e 72 73 73 69 20 25 64     format = "rssi %d"',
      "     30  b0 09                       uptimeMs = 1200",
      '     32  40                          seq 0 = info wifi "rssi %d": site as predicted, values given, 0 ms later',
      "     33  40 4d                       value 0 = -71 (difference)",
    ]);
  });

  it("says what an earlier frame would have said, where that is not given", async () => {
    const { code, output } = await decode(session().slice(2).join("\n"));

    expect(output.slice(3)).toEqual([
      "  body fault at byte 17: no site is defined as 0",
      "  note: it needs 1 definitions of earlier frames of its boot, 0 are here: give those first",
    ]);
    expect(code).toBe(1);
  });

  it("shows what was readable before a fault", async () => {
    const bytes = wholeFrame([eventOf(5, "temp %d", [21]), eventOf(6, "mode %s", ["automatic"])]);

    const { code, output } = await decode(Buffer.from(bytes.slice(0, -3)).toString("base64"));

    expect(output.slice(-2)).toEqual([
      "  0  5 ms  info   wifi: temp 21",
      `  body fault at byte ${bytes.length - 9}: ends too early, bytes missing: 3`,
    ]);
    expect(code).toBe(1);
  });

  it("shows drops, the end, metrics and tombstones", async () => {
    const metric: Entry = {
      kind: "event",
      uptimeMs: 1,
      site: { level: "info", tag: "Celsius", format: "temperature", isMetric: true },
      values: [21.4],
    };
    const drop = { level: "debug", reason: "ring_full", count: 12 } as const;
    const end: Entry = { kind: "end", uptimeMs: 3 };
    const entries = wholeFrame([metric, { kind: "drop", uptimeMs: 2, drop }, end]);
    const body = { kind: "tombstone", uptimeMs: 7, drops: [{ ...drop, count: 1 }] } as const;
    const tombstone = encodeFrame({
      header: headerOf(3, 9),
      body: { ...body, drops: [...body.drops] },
    });

    const { output } = await decode(`${hexOf(entries)}\n${hexOf(tombstone)}`);

    expect(output.slice(4)).toEqual([
      "  0  1 ms  metric temperature = 21.4 Celsius",
      "  1  2 ms  drop   12 debug events, ring_full",
      "  2  3 ms  end    of the boot",
      `line 2: tombstone, ${tombstone.length} bytes, boot 0-5eed0001, seq 3 to 11`,
      "  base 3, sent at 2000 ms, ack 3 came at 1540 ms",
      "  stands for what was lost, from 7 ms",
      "  1 debug event, ring_full",
    ]);
  });

  it("expands tokens by a dictionary, and asks for one where it is missing", async () => {
    const call = { level: "info", tag: null, file: "app.js", line: 1 } as const;
    const dictionary = createDictionary([{ ...call, format: "temp %d of %s" }]);
    const file = await written("dictionary.json", dictionaryText(dictionary));
    const hex = hexOf(wholeFrame([eventOf(5, "\x010", [21, "inlet"])]));

    const expanded = await decode(hex, "--dictionary", file);
    const plain = await decode(hex);

    expect(expanded.output.slice(3)).toEqual([
      '  definition 0: site info wifi "temp %d of %s", 2 values',
      "  0  5 ms  info   wifi: temp 21 of inlet",
    ]);
    expect(plain.output.slice(3)).toEqual([
      '  definition 0: site info wifi "\\u00010", 2 values',
      "  0  5 ms  info   wifi: \\x010 21 inlet",
      "  note: formats are tokens of a dictionary: give it by --dictionary",
    ]);
  });

  it("prints one JSON object for each payload", async () => {
    const text = `${session().join("\n")}\nzz\n`;

    const { code, output } = await decode(text, "--json", "--format", "hex");

    const [frame, second, third, last] = output.map((line) => JSON.parse(line));
    const entry = { kind: "event", level: "info", tag: "wifi", format: "rssi %d" };
    expect(frame).toMatchObject({
      kind: "frame",
      line: 1,
      header: { boot, first: 0, count: 1 },
      head: { needs: 0, settled: 1 },
      entries: [{ ...entry, seq: 0, uptimeMs: 1_200, values: [-71], message: "rssi -71" }],
      fault: null,
    });
    expect(second).toMatchObject({ kind: "ack", ack: { ackId: 3, next: 1 }, fault: null });
    expect(third).toMatchObject({ entries: [{ ...entry, seq: 1, message: "rssi -68" }] });
    expect(last).toMatchObject({
      kind: "unreadable",
      line: 4,
      fault: { reason: '"zz" is not hex' },
    });
    expect(code).toBe(1);
  });

  it("keeps what JSON and terminals cannot take from them", async () => {
    const values = [Number.NaN, new Uint8Array([1, 255]), "\x1b[2J"];
    const frame = wholeFrame([eventOf(5, "%f %s %s", values)]);

    const text = await decode(frame);
    const json = await decode(frame, "--json");

    expect(text.output.at(-1)).toBe("  0  5 ms  info   wifi: NaN 01ff \\x1b[2J");
    expect(JSON.parse(json.output[0] ?? "").entries[0].values).toEqual([
      "NaN",
      { hex: "01ff" },
      "\x1b[2J",
    ]);
  });

  it.each<[string, string | Uint8Array, string[], string]>([
    ["an empty input", "\n", [], "Cannot decode: the input has no payload"],
    ["too much", new Uint8Array(1_048_577), [], "it has more than 1048576 bytes, divide it"],
    ["a missing dictionary", "a0", ["--dictionary", "/no"], 'Cannot read dictionary "/no": ENOENT'],
  ])("refuses %s", async (_, input, args, message) => {
    const { code, output, errors } = await decode(input, ...args);

    expect(errors).toContain(message);
    expect([code, output]).toEqual([1, []]);
  });

  it("says which file it did not find", async () => {
    const run = decodeCommand(() => undefined).parseAsync(["node", "decode", "/nowhere"]);

    await expect(run).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });

  it("prints what the readme shows", async () => {
    const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
    const [, input = "", shown = ""] =
      /\$ echo (\S+) \| npx fleetlog decode --explain\n([\s\S]*?)```/.exec(readme) ?? [];

    const { output } = await decode(input, "--explain");

    const lines = shown.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(10);
    expect(output).toEqual(expect.arrayContaining(lines.filter((line) => line !== "...")));
  });

  it("throws at nothing, whatever the bytes", async () => {
    const frames = fc.sample(
      anyFrame().chain((frame) => anyDamage(encodeFrame(frame))),
      200,
    );

    const { output, errors } = await decode(frames.map(hexOf).join("\n\n"), "--explain");

    expect(errors).toBe("");
    expect(output.length).toBeGreaterThan(frames.length);
  });
});
