import type { Agent } from "../agent.ts";
import type { DeviceStatus } from "../fleet-status.ts";
import type { Metrics } from "../metrics.ts";
import type { SpoolUsage } from "../spool/spool.ts";

/** Something the operator was told. */
export interface Trouble {
  /** When, epoch ms. */
  epochMs: number;
  message: string;
}

/** The agent at one moment, as the page and `/status` show it. */
export interface Status {
  /** Epoch ms. */
  epochMs: number;
  fleet: string;
  /** Where devices connect. */
  mqtt: string;
  /** Templates of the log group and stream. */
  group: string;
  stream: string;
  online: number;
  pending: SpoolUsage;
  /** How far AWS's clock is ahead of this machine's; null before its first answer. */
  clockOffsetMs: number | null;
  metrics: Readonly<Metrics>;
  /** Those heard of last come first. */
  devices: DeviceStatus[];
  /** Newest first. */
  troubles: readonly Trouble[];
}

/** Troubles that are remembered: the older ones are in the agent's log. */
const troublesLimit = 50;

/** Devices that are shown: the last ones heard of. */
const devicesLimit = 500;

/** What the operator was told lately. */
export interface Troubles {
  note(message: string): void;
  /** Newest first. */
  list(): readonly Trouble[];
}

/** `now`: epoch ms. */
export const createTroubles = (now: () => number): Troubles => {
  const kept: Trouble[] = [];
  return {
    note(message) {
      kept.unshift({ epochMs: now(), message });
      kept.length = Math.min(kept.length, troublesLimit);
    },
    list: () => kept,
  };
};

export interface StatusOptions {
  agent: Pick<Agent, "mqttUrl" | "online" | "pending" | "clockOffsetMs" | "metrics" | "devices">;
  fleet: string;
  group: string;
  stream: string;
  troubles: Pick<Troubles, "list">;
  /** Epoch ms. */
  now(): number;
}

export const statusOf = ({
  agent,
  now,
  troubles,
  fleet,
  group,
  stream,
}: StatusOptions): Status => ({
  epochMs: now(),
  fleet,
  group,
  stream,
  mqtt: agent.mqttUrl,
  online: agent.online().length,
  pending: agent.pending(),
  clockOffsetMs: agent.clockOffsetMs() ?? null,
  metrics: { ...agent.metrics },
  devices: agent.devices(devicesLimit),
  troubles: troubles.list(),
});
