import { describe, expect, it } from "vitest";
import { runPumpYears } from "../support/pump-years.ts";

const total = (counts: { [reason: string]: number }): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

describe("a pump's years", () => {
  it.each([1, 2])(
    "end with every event delivered, counted, or within what was reported as lost, seed %d",
    (seed) => {
      const books = runPumpYears({ years: 0.5, seed });

      expect(books.faults).toEqual([]);
      expect(books.delivered + total(books.dropped) + books.taken).toBe(books.logged);
      expect(books.taken - books.takenCounts).toBeLessThanOrEqual(books.reported);
      const { resets, powerCuts, outages, floods, clockSteps } = books;
      expect(Math.min(resets, powerCuts, outages, floods, clockSteps)).toBeGreaterThan(0);
      expect(books.delivered).toBeGreaterThan(books.logged / 2);
    },
  );
});
