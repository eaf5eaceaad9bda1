import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { faultTable } from "../../../agent/cloudwatch/fault-table.ts";

const architecture = readFileSync(
  fileURLToPath(new URL("../../../ARCHITECTURE.md", import.meta.url)),
  "utf8",
);

/** Answer and verdict of each row below the table's head, up to the first line that is no row. */
const documentedRows = (): { answer: string; verdict: string }[] => {
  const [, rows = ""] = architecture.split("| answer | for | verdict |\n|---|---|---|\n");
  const lines = rows.split("\n");
  return lines.slice(0, lines.indexOf("")).map((line) => {
    const [, answer = "", , verdict = ""] = line.split("|").map((cell) => cell.trim());
    return { answer, verdict };
  });
};

describe("fault table", () => {
  it("is in ARCHITECTURE.md, row by row, in the same order", () => {
    const rows = faultTable.map(({ answer, verdict, missing }) => ({
      answer,
      verdict: missing === undefined ? verdict : `${verdict} (${missing})`,
    }));

    expect(documentedRows()).toEqual(rows);
  });
});
