import type { Taken } from "./cloud.ts";

/** What a message in CloudWatch says, as the agent writes it. */
export interface Message {
  /** Its stream. */
  place: string;
  timestamp: number;
  takenMs: number;
  askedMs: number;
  device: string;
  boot: string;
  seq: number;
  level: string;
  /** Of an event; null for a notice. */
  text: string | null;
  tag: string;
  /** The event's id in the world; 0 for one of the logger's own. */
  id: number;
  /** `synced` unless it says otherwise. */
  clock: string;
  /** The bound of the stamp's error. */
  errorMs: number;
  trueTime: number | null;
  notice: Notice | null;
}

/** What the agent tells of what is not there. */
export interface Notice {
  event: "dropped" | "boot_closed" | "dead_letter" | "possibly_duplicated";
  reason: string;
  count: number;
  isAtMost: boolean;
  /** Boots it is about. */
  boots: number;
  of: string;
}

/** A synced stamp is within this where its message says nothing. */
const unstatedErrorMs = 1_000;

const marker = /^(?:#|gauge )(\d+)/;

const noticeOf = (fields: Record<string, unknown>): Notice | null =>
  fields.event === undefined
    ? null
    : {
        event: fields.event as Notice["event"],
        reason: fields.reason as string,
        count: (fields.count as number | undefined) ?? 0,
        isAtMost: fields.atMost === true,
        boots: (fields.boots as number | undefined) ?? 1,
        of: (fields.of as string | undefined) ?? "",
      };

export const readMessage = ({
  group,
  stream,
  timestamp,
  message,
  takenMs,
  askedMs,
}: Taken): Message => {
  const fields = JSON.parse(message) as Record<string, unknown>;
  const notice = noticeOf(fields);
  const text = notice === null ? (fields.message as string) : null;
  const isMetric = fields._aws !== undefined;
  return {
    place: `${group}:${stream}`,
    timestamp,
    takenMs,
    askedMs,
    device: fields.device as string,
    boot: fields.boot as string,
    seq: fields.seq as number,
    level: fields.level as string,
    text,
    tag: isMetric ? "metric" : ((fields.tag as string | undefined) ?? ""),
    id: Number(marker.exec(text ?? "")?.[1] ?? 0),
    clock: (fields.clock as string | undefined) ?? "synced",
    errorMs: (fields.errorMs as number | undefined) ?? unstatedErrorMs,
    trueTime: (fields.trueTime as number | undefined) ?? null,
    notice,
  };
};
