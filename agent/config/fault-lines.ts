import type { z } from "zod";

/** Settings that may hold a password, or where one may be put by mistake. */
const secrets = ["password", "key", "url", "endpoint"];

const quoteLimitCharacters = 100;

const cut = (text: string): string =>
  text.length > quoteLimitCharacters ? `${text.slice(0, quoteLimitCharacters)}…` : text;

/** What JSON has no text for as TOML writes it. */
const textOf = (value: unknown): string =>
  typeof value === "number" || typeof value === "bigint" ? String(value) : JSON.stringify(value);

const quote = (value: unknown, path: PropertyKey[]): string => {
  if (secrets.includes(String(path.at(-1)))) return "this";
  return cut(textOf(value));
};

/** What a validator calls by other names than the file's. */
const kinds: Readonly<Record<string, string>> = {
  object: "table",
  record: "table",
  int: "integer",
};

const wordsOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "invalid_type") return `must be ${kinds[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  if (issue.code === "too_small" && issue.origin === "string") return "must not be empty";
  if (issue.code === "too_small")
    return `must be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}`;
  return issue.code === "too_big" ? `must be at most ${issue.maximum}` : issue.message;
};

/** A key as it can be told: on one line, and not at any length. */
const keyOf = (path: readonly PropertyKey[]): string =>
  cut(path.map((key) => (/^[\w-]+$/.test(String(key)) ? key : JSON.stringify(key))).join("."));

/** One line for each fault: its key, what is wrong, and the value. */
export const faultsOf = (error: z.ZodError, input: unknown): string[] =>
  error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => `${keyOf([...issue.path, key])}: is no setting`);
    }
    const value = issue.path.reduce<unknown>(
      (place, key) => (place as Record<PropertyKey, unknown> | undefined)?.[key],
      input,
    );
    return [`${keyOf(issue.path) || "all"}: ${wordsOf(issue)}, not ${quote(value, issue.path)}`];
  });
