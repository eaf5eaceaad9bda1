import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Command, Option } from "commander";
import { type Dictionary, parseDictionary } from "../dictionary/dictionary.ts";
import { AgentError, messageOf } from "../errors.ts";
import { faultJson, jsonOf } from "../explain/json.ts";
import { faultLine, linesOf } from "../explain/lines.ts";
import { type Payload, type PayloadFormat, payloadsOf } from "../explain/payloads.ts";
import { createSession, type Explained, type Session } from "../explain/session.ts";

/** A promise where the next line should wait. */
type Write = (line: string) => undefined | Promise<unknown>;

interface DecodeFlags {
  dictionary?: string;
  explain: boolean;
  json: boolean;
  format?: PayloadFormat;
}

/** Of the input, in whatever format. */
const inputLimitBytes = 1_048_576;

const readAll = async (stream: Readable, name: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= inputLimitBytes) continue;
    const message = `Cannot decode ${name}: it has more than ${inputLimitBytes} bytes, divide it`;
    throw new AgentError("INPUT_TOO_LARGE", message);
  }
  return Buffer.concat(chunks);
};

const readInput = async (file: string): Promise<Buffer> => {
  const name = file === "-" ? "the standard input" : `"${file}"`;
  const stream = file === "-" ? process.stdin : createReadStream(file);
  try {
    return await readAll(stream, name);
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    const message = `Cannot read ${name}: ${messageOf(cause)}`;
    throw new AgentError("INPUT_UNREADABLE", message, { cause });
  }
};

const readDictionary = async (file: string): Promise<Dictionary> => {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const message = `Cannot read dictionary "${file}": ${messageOf(cause)}`;
    throw new AgentError("DICTIONARY_UNREADABLE", message, { cause });
  });
  return parseDictionary(text, file);
};

const isWhole = ({ kind, explained }: Explained): boolean =>
  kind === "ack" ? explained.ok : explained.fault === null;

const writeLine: Write = (line) =>
  process.stdout.write(`${line}\n`)
    ? undefined
    : new Promise((resolve) => process.stdout.once("drain", resolve));

/** Ends in peace where the reader of the output has left, as `head` does. */
const endWithReader = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
};

/** Lines of a payload, and whether all of it could be read. */
const read = (payload: Payload, session: Session, flags: DecodeFlags): [string[], boolean] => {
  if (!payload.ok) {
    return [[flags.json ? JSON.stringify(faultJson(payload)) : faultLine(payload)], false];
  }
  const explained = session.explain(payload.bytes);
  const lines = flags.json
    ? [JSON.stringify(jsonOf(payload, explained, flags.explain))]
    : linesOf(payload, explained, flags.explain);
  return [lines, isWhole(explained)];
};

/** Answers whether all of it could be read. */
const decode = async (
  payloads: readonly Payload[],
  session: Session,
  flags: DecodeFlags,
  write: Write,
): Promise<boolean> => {
  let isGood = true;
  for (const payload of payloads) {
    const [lines, isReadable] = read(payload, session, flags);
    isGood &&= isReadable;
    for (const line of lines) {
      const room = write(line);
      if (room !== undefined) await room;
    }
  }
  return isGood;
};

const help = `
The input is hex, base64 or raw bytes, at most ${inputLimitBytes} bytes of it. Bytes that are no UTF-8 text are
one raw payload. A text is hex if all of its lines are: pairs of digits, blanks, commas, 0x; comments
begin with # or //, or after two blanks. Else it is base64. A blank line ends a payload; without one
each line is a payload if each begins like one (a0 to af a frame, b0 or b1 an ack), else all are one.
Frames of one session in order: definitions of earlier ones are used. What cannot be read is shown
with its reason and place, after what was readable; the exit code is 1 then.`;

/** `fleetlog decode [file|-] [--dictionary FILE] [--explain] [--json] [--format hex|base64|raw]` */
export const decodeCommand = (write: Write = writeLine): Command =>
  new Command("decode")
    .description("show what frames and acks say")
    .argument("[file]", "where the payloads are; - for the standard input", "-")
    .addHelpText("after", help)
    .option("--dictionary <file>", "expand tokens by this dictionary.json")
    .option("--explain", "show each byte with its meaning", false)
    .option("--json", "print one JSON object for each payload", false)
    .addOption(
      new Option("--format <format>", "how payloads are written").choices(["hex", "base64", "raw"]),
    )
    .action(async (file: string, flags: DecodeFlags) => {
      if (write === writeLine) endWithReader();
      const input = await readInput(file);
      const dictionary =
        flags.dictionary === undefined ? null : await readDictionary(flags.dictionary);
      const payloads = payloadsOf(input, flags.format);
      if (payloads.length === 0) {
        throw new AgentError("INPUT_EMPTY", "Cannot decode: the input has no payload");
      }
      const session = createSession(dictionary);
      if (!(await decode(payloads, session, flags, write))) process.exitCode = 1;
    });
