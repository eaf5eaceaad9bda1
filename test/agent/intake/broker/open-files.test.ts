import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  connectionsWithin,
  readOpenFilesLimit,
} from "../../../../agent/intake/broker/open-files.ts";
import { scratchDirectory } from "../../../support/local-endpoint.ts";

describe("open files", () => {
  it("are limited as the system says", async () => {
    const path = join(await scratchDirectory(), "limits");
    await writeFile(path, "Limit            Soft  Hard\nMax open files   1024  4096  files\n");

    expect(await readOpenFilesLimit(path)).toBe(1_024);
  });

  it("are not limited where the system does not say", async () => {
    expect(await readOpenFilesLimit("/nowhere")).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    [Number.POSITIVE_INFINITY, 20_000],
    [1_048_576, 20_000],
    [20_000, 17_952],
    [1_024, 512],
  ])("of %d leave the spool what it needs: %d connections of 20,000", (limit, connections) => {
    expect(connectionsWithin(limit, 20_000)).toBe(connections);
  });
});
