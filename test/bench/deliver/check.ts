import type { AWSCloudWatchLogs } from "../../../agent/cloudwatch/client.ts";
import { readAll } from "../../../agent/demo/read-all.ts";
import type { Fleet } from "./fleet.ts";

interface Message {
  device: string;
  seq: number;
  /** Of a notice. */
  event?: string;
}

/** Reads a group back: every event of the fleet once, in order. Gives what is wrong, null for nothing. */
export const findFault = async (
  cloudwatch: AWSCloudWatchLogs,
  group: string,
  fleet: Fleet,
): Promise<string | null> => {
  const next = new Map<string, number>();
  for (const events of await readAll(cloudwatch, group)) {
    for (const { message } of events) {
      const { device, seq, event } = JSON.parse(message) as Message;
      if (event !== undefined) continue;
      const wanted = next.get(device) ?? 0;
      if (seq !== wanted) return `device "${device}" has seq ${seq} where ${wanted} is due`;
      next.set(device, seq + 1);
    }
  }
  const short = fleet.names.find((name) => next.get(name) !== fleet.events);
  return short === undefined ? null : `device "${short}" has ${next.get(short) ?? 0} events`;
};
