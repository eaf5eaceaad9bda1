import { z } from "zod";

export const integer = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);

/** What is checked, and the faults it has so far. */
interface Checked {
  value: unknown;
  issues: { path?: PropertyKey[] | undefined }[];
}

/**
 * A rule on several settings is checked although others may have faults of their own, but not these:
 * each fault is told once.
 */
export const isRuled =
  (...keys: string[]): ((checked: Checked) => boolean) =>
  ({ value, issues }) =>
    typeof value === "object" &&
    value !== null &&
    issues.every(({ path = [] }) => path.length > 0 && !keys.includes(String(path[0])));

/** A table of the file. To a validator a date is an object without keys. */
export const table = <Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodPreprocess<z.ZodObject<Shape, z.core.$strict>> =>
  z.preprocess((value) => (value instanceof Date ? null : value), z.strictObject(shape));
