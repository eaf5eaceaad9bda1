import { describe, expect, it } from "vitest";
import { createStreams, type Streams } from "../../../agent/delivery/stream.ts";
import type { RouteSettings } from "../../../agent/settings.ts";
import type { Level, Site } from "../../../shared/event.ts";
import { shardOf } from "../../../shared/topic.ts";
import { bootOf } from "../../support/any-receipt.ts";

const streamsOf = (stream: string, group = "/fleetlog/{fleet}") =>
  createStreams({ group, stream, fleet: "pumps" });

describe("streams", () => {
  it("fill the templates with fleet, device, boot, shard and date", () => {
    const streams = streamsOf("{fleet}/{shard}/{device}/{boot}/{date}");

    const lane = streams.laneOf("pump-7", bootOf(3));

    expect(streams.streamOf(lane, Date.UTC(2026, 1, 3, 23, 59))).toEqual({
      group: "/fleetlog/pumps",
      stream: `pumps/${shardOf("pump-7")}/pump-7/3-b0070003/2026-02-03`,
    });
  });

  it("give one lane to a device's boots unless the stream names the boot", () => {
    const lanes = [1, 2].map((boot) => streamsOf("{device}").laneOf("pump-7", bootOf(boot)));

    expect(lanes[0]).toBe(lanes[1]);
  });

  it.each([
    ["{devise}", "/fleetlog", 'Cannot use cloudwatch.stream "{devise}": {devise} is not known'],
    ["{device}", "{device}", 'Cannot use cloudwatch.group "{device}": {device} is not known'],
    ["a:b", "/fleetlog", 'Cannot use cloudwatch.stream "a:b": a log stream has'],
    ["{device}", "my group", 'Cannot use cloudwatch.group "my group": a log group has'],
    ["{device}", "aws/{fleet}", 'Cannot use cloudwatch.group "aws/{fleet}": a log group has'],
    [`{device}${"x".repeat(449)}`, "/fleetlog", "Cannot use cloudwatch.stream"],
  ])("refuse stream %s in group %s", (stream, group, message) => {
    expect(() => streamsOf(stream, group)).toThrow(
      expect.objectContaining({
        code: "TEMPLATE_INVALID",
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("routes", () => {
  const site = (level: Level, tag = "", isMetric = false): Site => ({
    level,
    tag,
    format: "f",
    ...(isMetric ? { isMetric: true } : {}),
  });
  const streamsWith = (...routes: RouteSettings[]) =>
    createStreams({ group: "/all", stream: "{device}", fleet: "pumps", routes });
  const targetOf = (streams: Streams, device: string, of: Site) =>
    streams.elsewhere({ device, boot: bootOf(1) }, of, Date.UTC(2026, 1, 3));

  it("give all events of some devices a lane of their own", () => {
    const streams = streamsWith({
      device: "pump-*",
      group: "/pumps/{fleet}",
      stream: "p-{device}",
    });

    expect(streams.laneOf("pump-7", bootOf(1))).toBe("/pumps/pumps:p-pump-7");
    expect(streams.laneOf("door-1", bootOf(1))).toBe("/all:door-1");
    expect(streams.mayLeave("pump-7")).toBe(false);
    expect(targetOf(streams, "pump-7", site("error"))).toBeNull();
  });

  it("send events of a level and above elsewhere", () => {
    const streams = streamsWith({ level: "error", group: "/alarms", stream: "{date}" });

    expect(targetOf(streams, "pump-7", site("warn"))).toBeNull();
    expect(targetOf(streams, "pump-7", site("fatal"))).toEqual({
      group: "/alarms",
      stream: "2026-02-03",
    });
    expect(streams.laneOf("pump-7", bootOf(1))).toBe("/all:pump-7");
    expect(streams.mayLeave("pump-7")).toBe(true);
  });

  it("ask for all that they name, and the first that fits counts", () => {
    const streams = streamsWith(
      { device: "pump-*", tag: "wifi*", level: "warn", group: "/radio" },
      { tag: "wifi", group: "/wifi" },
      { group: "/rest" },
      { level: "fatal", group: "/never" },
    );

    expect(targetOf(streams, "pump-7", site("error", "wifi5"))?.group).toBe("/radio");
    expect(targetOf(streams, "pump-7", site("info", "wifi"))?.group).toBe("/wifi");
    expect(targetOf(streams, "door-1", site("error", "wifi"))?.group).toBe("/wifi");
    expect(targetOf(streams, "door-1", site("fatal", "gps"))).toBeNull();
    expect(streams.laneOf("door-1", bootOf(1))).toBe("/rest:door-1");
  });

  it("take a tag by its letters, whatever they mean in patterns", () => {
    const streams = streamsWith({ tag: "a.b", group: "/dots" });

    expect(targetOf(streams, "pump-7", site("info", "a.b"))?.group).toBe("/dots");
    expect(targetOf(streams, "pump-7", site("info", "axb"))).toBeNull();
  });

  it("send metrics beside a group that makes none of them", () => {
    const groups = { retentionDays: 30, tags: {}, class: "INFREQUENT_ACCESS" } as const;
    const streams = createStreams({ group: "/all", stream: "{device}", fleet: "f", groups });

    expect(targetOf(streams, "pump-7", site("info", "", true))).toEqual({
      group: "/all/metrics",
      stream: "pump-7",
    });
    expect(targetOf(streams, "pump-7", site("info"))).toBeNull();
    expect(streams.groupSettingsOf("/all/metrics").class).toBe("STANDARD");
    expect(streams.groupSettingsOf("/all").class).toBe("INFREQUENT_ACCESS");
  });

  it("say how their groups are made, where they say anything", () => {
    const streams = streamsWith({ level: "error", group: "/alarms", retentionDays: 365 });

    expect(streams.groupSettingsOf("/alarms").retentionDays).toBe(365);
    expect(streams.groupSettingsOf("/all").retentionDays).toBe(30);
  });

  it("are refused with templates that are none", () => {
    expect(() => streamsWith({ group: "/{devise}" })).toThrow("{devise} is not known");
  });
});
