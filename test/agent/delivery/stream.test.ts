import { describe, expect, it } from "vitest";
import { createStreams } from "../../../agent/delivery/stream.ts";
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
