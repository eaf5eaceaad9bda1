import { describe, expect, it } from "vitest";
import { alpnOf, leastConnections, limitsOf } from "../../../../agent/intake/client/limits.ts";

const awsUrl = "mqtts://a1b2c3-ats.iot.eu-west-1.amazonaws.com:443";

describe("limits of a connection", () => {
  it.each([
    awsUrl,
    "mqtts://x.iot.cn-north-1.amazonaws.com.cn",
    "wss://x.ats.iot.us-east-1.amazonaws.com",
  ])("are those of AWS IoT Core at %s", (url) => {
    expect(limitsOf(url)).toMatchObject({
      publishesPerSecond: 100,
      subscriptions: 50,
      unacked: 100,
    });
  });

  it.each([
    "mqtt://broker",
    "mqtts://b-1.mq.eu-west-1.amazonaws.com",
    "mqtts://x.iot.eu-west-1.amazonaws.com.example",
    "mqtt://",
  ])("are none at %s", (url) => {
    expect(limitsOf(url).publishesPerSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it("are those that are named, whatever the host", () => {
    expect(limitsOf("mqtts://iot.example", "aws-iot").subscriptions).toBe(50);
    expect(limitsOf(awsUrl, "none").subscriptions).toBe(Number.POSITIVE_INFINITY);
  });

  it("say how few connections can subscribe to all shards", () => {
    expect(leastConnections(limitsOf(awsUrl))).toBe(3);
    expect(leastConnections(limitsOf("mqtt://broker"))).toBe(1);
  });
});

describe("ALPN", () => {
  it("is asked for at port 443 of AWS IoT Core, and nowhere else", () => {
    expect(alpnOf(awsUrl)).toBe("x-amzn-mqtt-ca");
    expect(alpnOf("mqtts://iot.example:443", "aws-iot")).toBe("x-amzn-mqtt-ca");
    expect(alpnOf(awsUrl.replace("443", "8883"))).toBeUndefined();
    expect(alpnOf("mqtts://broker:443")).toBeUndefined();
  });
});
