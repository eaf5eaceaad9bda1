import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lineLimit, pieceBytes } from "../../shared/codec/line.ts";
import { dropReasons, levels } from "../../shared/event.ts";
import {
  frameLimitBytes,
  frameTargetBytes,
  headerLimitBytes,
  shardCount,
  windowFrames,
} from "../../shared/limits.ts";
import { shardOf, topicOf } from "../../shared/topic.ts";
import { linesOf } from "../support/damaged-line.ts";
import { goldens } from "./golden-files.ts";

const page = readFileSync(new URL("../../PROTOCOL.md", import.meta.url), "utf8");

const fence = /```golden ([a-z-]+)\n([\s\S]*?)```/g;

const lineFence = /```line ([a-z]+)\n([\s\S]*?)```/g;

interface Example {
  name: string;
  hex: string;
  /** `key = value` as the page has them, the value as JSON. */
  claims: string[];
}

/** A line is bytes, two spaces or more, and what they mean. */
const exampleOf = ([, name = "", text = ""]: RegExpMatchArray): Example => {
  const lines = text.split("\n").map((line) => line.split(/ {2,}/));
  return {
    name,
    hex: lines.map(([bytes = ""]) => bytes.replaceAll(" ", "")).join(""),
    claims: lines.flatMap(([, said = ""]) => said.match(/\w+ = (?:"[^"]*"|\S+)/g) ?? []),
  };
};

const examples = Array.from(page.matchAll(fence), exampleOf);

/** Every leaf of a golden meaning as `key = value`; elements of a list of values are called `value`. */
const leavesOf = (meaning: unknown, key: string): string[] => {
  if (meaning === null || typeof meaning !== "object")
    return [`${key} = ${JSON.stringify(meaning)}`];
  return Object.entries(meaning).flatMap(([inner, part]) =>
    leavesOf(part, Array.isArray(meaning) ? "value" : inner),
  );
};

describe("PROTOCOL.md", () => {
  it("has examples of frames of all body formats and of acks", () => {
    const kinds = examples.map(({ hex }) => hex.slice(0, 2));

    expect(kinds).toEqual(expect.arrayContaining(["a0", "a2", "a3", "b0"]));
  });

  it.each(examples)("shows the bytes of the golden file $name", ({ name, hex }) => {
    expect(hex).toBe(goldens.find((golden) => golden.name === name)?.hex);
  });

  it.each(examples)("says of $name what the golden file says", ({ name, claims }) => {
    const leaves = leavesOf(goldens.find((golden) => golden.name === name)?.meaning, "");

    expect(claims.length).toBeGreaterThan(0);
    for (const claim of claims) expect(leaves).toContain(claim);
  });

  it("shows no bytes besides", () => {
    const rest = page.replaceAll(fence, "").replaceAll(lineFence, "");

    expect(rest).not.toMatch(/\b(?:[0-9a-f]{2} ?){5,}\b/);
  });

  it("numbers levels and drop reasons as the code does", () => {
    const named = levels.map((level) => `\`${level}\``).join(", ");

    expect(page).toContain(`| 0-${levels.length - 1} | a site of level ${named} |`);
    dropReasons.forEach((reason, number) => {
      expect(page).toContain(`| ${number} | \`${reason}\` |`);
    });
  });

  it("states the limits that the code has", () => {
    const limits = [frameTargetBytes, frameLimitBytes].map((bytes) => bytes.toLocaleString("en"));

    for (const limit of limits) expect(page).toContain(`${limit} bytes`);
    expect(page).toContain(`${headerLimitBytes} at most`);
    expect(page).toContain(`modulo ${shardCount}`);
    expect(page).toContain(`(${windowFrames} by default)`);
  });

  it("shows lines as the code writes them", () => {
    const frame = goldens.find(({ name }) => name === "frame-first")?.hex ?? "";
    const messages: Record<string, string> = {
      hello: linesOf("h", Buffer.from("fleetlog/1/51/pump-7")),
      state: linesOf("o", Buffer.from("fleetlog/1/51/pump-7 8f3a01c2")),
      frame: linesOf("u", Buffer.from(frame, "hex")),
    };

    const shown = Array.from(page.matchAll(lineFence));
    expect(shown).toHaveLength(3);
    for (const [, name = "", line] of shown) expect(line).toBe(messages[name]);
    expect(page).toContain(`${pieceBytes} bytes of the message`);
    expect(page).toContain(`at most ${lineLimit} characters`);
  });

  it("gives a device's topic as the code does", () => {
    expect(page).toContain(`\`${topicOf("fleetlog/1", "pump-7", "up")}\``);
    expect(page).toContain(`shard of \`pump-7\` is ${shardOf("pump-7")}`);
  });
});
