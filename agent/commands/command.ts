import { z } from "zod";
import { type Command, commandKinds } from "../../shared/downlink.ts";
import { type Level, levels } from "../../shared/event.ts";
import { tagLimitBytes } from "../../shared/limits.ts";
import { isDeviceId } from "../../shared/topic.ts";
import { AgentError } from "../errors.ts";

/** What an operator wants of a device. `forMs`: for how long, or how long it is tried. */
export type CommandInput =
  /** The level of a device, or of a tag; null for the program's own again. Without `forMs` until cleared. */
  | { kind: "level"; level: Level | null; tag?: string | undefined; forMs?: number | undefined }
  /** Bytes a day that a device may write to flash; null for the program's own again. */
  | { kind: "budget"; bytesADay: number | null; forMs?: number | undefined }
  | { kind: "flush" | "identify"; forMs?: number | undefined };

/** A command that is held until its device has done it, or it expires. */
export interface HeldCommand {
  device: string;
  /** Rises for a device. */
  id: number;
  want: CommandInput;
  /** Epoch ms; null for one that is held until it is cleared. */
  expiresMs: number | null;
}

const anyTime = z.int().min(1).optional();

const tagSchema = z
  .string()
  .regex(/^[ -~]*$/, "is not printable ASCII")
  .max(tagLimitBytes)
  .optional();

const wantSchema: z.ZodType<CommandInput> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("level"),
    level: z.enum(levels).nullable(),
    tag: tagSchema,
    forMs: anyTime,
  }),
  z.strictObject({
    kind: z.literal("budget"),
    bytesADay: z.int().min(0).max(1_000_000_000_000).nullable(),
    forMs: anyTime,
  }),
  z.strictObject({ kind: z.enum(["flush", "identify"]), forMs: anyTime }),
]);

const heldSchema: z.ZodType<HeldCommand> = z.strictObject({
  device: z.string().refine(isDeviceId, "is no device id"),
  id: z.int().min(1),
  want: wantSchema,
  expiresMs: z.int().min(0).nullable(),
});

const faultsOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => [...path, message].join(" ")).join("; ");

/** Throws `COMMAND_INVALID` for what is none, or for a device that can be none. */
export const checkCommand = (device: string, given: unknown): CommandInput => {
  const refuse = (reason: string): never => {
    throw new AgentError("COMMAND_INVALID", `Cannot command device "${device}": ${reason}`);
  };
  if (!isDeviceId(device)) refuse("an id is 1 to 64 of A-Z a-z 0-9 . _ -");
  const checked = wantSchema.safeParse(given);
  return checked.success ? checked.data : refuse(faultsOf(checked.error));
};

/** Throws `COMMAND_UNREADABLE` for what a file should not hold; `path` is for the message. */
export const parseHeld = (text: string, path: string): HeldCommand => {
  const refuse = (reason: string, cause?: unknown): never => {
    const message = `Cannot read command "${path}": ${reason}; take it out of the folder`;
    throw new AgentError("COMMAND_UNREADABLE", message, { cause });
  };
  const parse = (): unknown => {
    try {
      return JSON.parse(text);
    } catch (cause) {
      return refuse("it is no JSON", cause);
    }
  };
  const checked = heldSchema.safeParse(parse());
  return checked.success ? checked.data : refuse(faultsOf(checked.error));
};

/** The later of two commands with the same key takes the other's place. */
export const keyOf = ({ kind, ...want }: CommandInput): string =>
  `${kind} ${"tag" in want ? (want.tag ?? "") : ""}`.trim();

/** Whether it is over once one boot has done it: what is not is told to each boot. */
export const isOnce = (want: CommandInput): boolean => {
  if (want.kind === "level") return want.level === null;
  return want.kind !== "budget" || want.bytesADay === null;
};

export const isLive = ({ expiresMs }: HeldCommand, nowMs: number): boolean =>
  expiresMs === null || expiresMs > nowMs;

const numberOf = (want: CommandInput): number => {
  if (want.kind === "level") return want.level === null ? 0 : levels.indexOf(want.level) + 1;
  return want.kind === "budget" && want.bytesADay !== null ? want.bytesADay + 1 : 0;
};

/** A live command as the device is told it at `nowMs`. */
export const wireOf = ({ id, want, expiresMs }: HeldCommand, nowMs: number): Command => ({
  id,
  kind: commandKinds.indexOf(want.kind),
  remainingMs: expiresMs === null ? 0 : Math.ceil(expiresMs - nowMs),
  value: numberOf(want),
  tag: want.kind === "level" ? (want.tag ?? "") : "",
});
