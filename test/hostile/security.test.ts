import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

const rows = readFileSync(join(root, "SECURITY.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| what is "));

/** The last cell of a row: a file, and the name of a test. */
const shownBy = (row: string): { file: string; name: string } => {
  const [, file = "", name = ""] = /`([^`]+)`: ([^|]+) \|$/.exec(row) ?? [];
  return { file, name };
};

const hasTest = ({ file, name }: { file: string; name: string }): boolean => {
  const path = join(root, file);
  return existsSync(path) && readFileSync(path, "utf8").includes(`"${name}",`);
};

describe("the tables of SECURITY.md", () => {
  it("name a test that is there in each row", () => {
    const wrong = rows.filter((row) => !hasTest(shownBy(row)));

    expect(rows.length).toBeGreaterThan(70);
    expect(wrong).toEqual([]);
  });
});
