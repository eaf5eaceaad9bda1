import type { LogEvent, Site, Value } from "../../../shared/event.ts";
import { compileFormat, type Render } from "../../../shared/render.ts";

/** Takes secrets out of an event: of its values, and of its format where they stand there. */
export type Redact = (event: LogEvent) => void;

/** Stands for what was taken out. */
export const redactedMark = "[redacted]";

/** Whether a text is a pattern that can be looked for. */
export const isPattern = (text: string): boolean => {
  try {
    new RegExp(text, "gi");
    return text !== "";
  } catch {
    return false;
  }
};

/** JSON stays JSON: where a part cannot be taken out by itself all of it goes. */
const redactJson = (json: string, secret: string): string => {
  const redacted = json.replaceAll(secret, redactedMark);
  try {
    JSON.parse(redacted);
    return redacted;
  } catch {
    return JSON.stringify(redactedMark);
  }
};

/** A value that is part of a secret, without it. */
const redactValue = (value: Value, secret: string): Value => {
  if (typeof value === "string" && value.includes(secret)) {
    return value.replaceAll(secret, redactedMark);
  }
  const isJson = typeof value === "object" && value !== null && "json" in value;
  return isJson && value.json.includes(secret)
    ? { json: redactJson(value.json, secret) }
    : redactedMark;
};

/** The values without one secret: those that are part of it are the ones without which it is not there. */
const redactValues = (render: Render, values: Value[], secret: string): Value[] =>
  values.map((value, place) => {
    const others = values.map((other, index) => (index === place ? redactedMark : other));
    return render(others).includes(secret) ? value : redactValue(value, secret);
  });

const withoutSecret = (site: Site, secret: string): Site =>
  site.format.includes(secret)
    ? { ...site, format: site.format.replaceAll(secret, redactedMark) }
    : site;

/**
 * Looks for the patterns, regular expressions in any case of letters, in the text of each event as people read
 * it, so that a pattern may reach from the format into a value. Null where there are none.
 */
export const createRedact = (patterns: readonly string[]): Redact | null => {
  if (patterns.length === 0) return null;
  const wanted = patterns.map((pattern) => new RegExp(pattern, "gi"));
  const renders = new WeakMap<Site, Render>();

  const renderOf = (site: Site): Render => {
    const known = renders.get(site);
    if (known !== undefined) return known;
    const render = compileFormat(site.format);
    renders.set(site, render);
    return render;
  };
  const secretsIn = (text: string): string[] => {
    const found = wanted.flatMap((pattern) => text.match(pattern) ?? []);
    return found.filter((secret) => secret !== "" && !secret.includes(redactedMark));
  };
  return (event) => {
    const [...secrets] = new Set(secretsIn(renderOf(event.site)(event.values)));
    for (const secret of secrets) {
      event.values = redactValues(renderOf(event.site), event.values, secret);
      event.site = withoutSecret(event.site, secret);
    }
  };
};
