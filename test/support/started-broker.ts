import { onTestFinished } from "vitest";
import { type BrokerOptions, createBroker } from "../../agent/intake/broker.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { systemTime } from "../../agent/time.ts";
import { recordedEvents } from "../contract/intake.ts";

/** What an embedded broker needs, on loopback. */
export const anyBroker = () => ({
  host: "127.0.0.1",
  port: 0,
  maxConnections: 100,
  metrics: createMetrics(),
  time: systemTime,
});

/** An embedded broker, what it told, and what it counted. */
export const startBroker = async (changes: Partial<BrokerOptions> = {}) => {
  const recorded = recordedEvents();
  const options = { ...anyBroker(), events: recorded.events };
  const broker = await createBroker({ ...options, ...changes });
  onTestFinished(() => broker.stop());
  return { ...recorded, broker, metrics: options.metrics };
};
