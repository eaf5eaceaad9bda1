import type { Agent } from "../../agent/agent.ts";
import type { Commands } from "../../agent/commands/commands.ts";
import type { Metrics } from "../../agent/metrics.ts";
import type { Spool } from "../../agent/spool/spool.ts";
import type { Time } from "../../agent/time.ts";
import type { Clockwork } from "./clockwork.ts";

/** One process of the agent. */
export interface Process {
  isAlive: boolean;
  agent: Agent | null;
  spool: Spool | null;
  metrics: Metrics | null;
  possiblyDuplicated: number;
  /** The same, as its store was repaired. */
  salvaged: number;
  /** Points until it ends. */
  fuse: { points: number; isPowerLost: boolean } | null;
}

/** The clocks and timers of a process that begins now: both end with it. */
export const timeOf = (
  process: Process,
  clockwork: Clockwork,
  { epochMs, machineBoot, touch }: { epochMs(): number; machineBoot: string; touch(): void },
): Time => {
  return {
    epochMs,
    machineBoot,
    monotonicMs: () => clockwork.nowMs() + 1_000,
    after: (delayMs, run) =>
      clockwork.after(delayMs, () => {
        touch();
        if (process.isAlive) run();
      }),
  };
};

/** Nobody wants anything of a device. */
export const noCommands: Commands = {
  meet() {},
  observe() {},
  bring: () => undefined,
  look: async () => {},
  close() {},
};
