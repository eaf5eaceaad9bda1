import { InvalidArgumentError } from "commander";

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a text such as `10s`, for an option. */
export const parseDuration = (text: string): number => {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const durationMs = Number(amount) * (unitMs[unit ?? ""] ?? Number.NaN);
  if (durationMs > 0) return durationMs;
  throw new InvalidArgumentError("A duration is a number with ms, s, m, h or d, such as 10s.");
};
