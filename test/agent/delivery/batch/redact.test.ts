import { describe, expect, it } from "vitest";
import { createRedact, isPattern, type Redact } from "../../../../agent/delivery/batch/redact.ts";
import type { LogEvent, Value } from "../../../../shared/event.ts";
import { render } from "../../../../shared/render.ts";

const eventOf = (format: string, ...values: Value[]): LogEvent => ({
  kind: "event",
  uptimeMs: 1,
  site: { level: "info", tag: "", format },
  values,
});

/** The event without what the patterns match. */
const redacted = (event: LogEvent, ...patterns: string[]): LogEvent => {
  const redact = createRedact(patterns) as Redact;
  redact(event);
  return event;
};

const textOf = ({ site, values }: LogEvent): string => render(site.format, values);

describe("redact", () => {
  it("takes a value out that a pattern reaches from the format", () => {
    const event = redacted(eventOf("user %s password=%s", "ann", "hunter2"), "password=\\S+");

    expect(event.values).toEqual(["ann", "[redacted]"]);
    expect(textOf(event)).toBe("user ann password=[redacted]");
  });

  it("takes a number out, and leaves others that look like a part of it", () => {
    const event = redacted(eventOf("pin %d tries %d", 1234, 2), "pin \\d+");

    expect(event.values).toEqual(["[redacted]", 2]);
  });

  it("takes a part out of a longer value", () => {
    const event = redacted(eventOf("sent %s", "GET /?key=abc HTTP"), "key=\\w+");

    expect(event.values).toEqual(["GET /?[redacted] HTTP"]);
  });

  it("takes a secret out of the format itself, in any case of letters", () => {
    const event = redacted(eventOf("Bearer ABC to %s", "host"), "bearer \\w+");

    expect(textOf(event)).toBe("[redacted] to host");
  });

  it("takes a member out of an object, which stays one", () => {
    const event = redacted(eventOf("login", { json: '{"user":"ann","token":"t0k"}' }), "t0k");

    expect(event.values).toEqual([{ json: '{"user":"ann","token":"[redacted]"}' }]);
  });

  it("takes all of an object out where the match is more than a text in it", () => {
    const event = redacted(eventOf("login", { json: '{"token":"t0k"}' }), '"token":"\\w+"');

    expect(event.values).toEqual([{ json: '"[redacted]"' }]);
  });

  it("takes every value out of which one secret is made", () => {
    const event = redacted(eventOf("%s%s", "AKIA", "12345678"), "AKIA\\d{8}");

    expect(event.values).toEqual(["[redacted]", "[redacted]"]);
  });

  it("leaves an event as it is that has nothing to hide, its site the same object", () => {
    const event = eventOf("temp %d", 21);
    const { site, values } = event;

    redacted(event, "password=\\S+", "pin \\d+");

    expect(event.site).toBe(site);
    expect(event.values).toBe(values);
  });

  it("is not there without patterns", () => {
    expect(createRedact([])).toBeNull();
  });
});

describe("isPattern", () => {
  it.each([
    ["password=\\S+", true],
    ["(", false],
    ["", false],
  ])("tells of %j: %j", (text, expected) => {
    expect(isPattern(text)).toBe(expected);
  });
});
