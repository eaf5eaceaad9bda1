import type { Node } from "@babel/types";
import { type Level, levels } from "../../shared/event.ts";
import { readBindings } from "./bindings.ts";
import { createLoggers, type Loggers } from "./loggers.ts";
import {
  bare,
  type Call,
  callOf,
  literalText,
  memberOf,
  parseSource,
  type Syntax,
  walk,
} from "./syntax.ts";

/** A position in a file. */
export interface Position {
  /** From 1. */
  line: number;
  /** From 0. */
  column: number;
}

/** A log call with a literal format. */
export interface LogCall extends Position {
  level: Level;
  /** `""` for none; null where only the running program knows. */
  tag: string | null;
  format: string;
  /** Where the literal stands in the text. */
  start: number;
  end: number;
  /** The package that is not fleetlog whose logger this is, taken for one by its name; else null. */
  stranger: string | null;
}

/** A call of `createLogger`. */
export interface Creation extends Position {
  /** Its options name a dictionary already. */
  isNamed: boolean;
  /** Where a property can be put in, and what must precede it; null where the options are no object literal. */
  gap: { at: number; before: string } | null;
}

/** What people should know of a call. */
export interface Doubt extends Position {
  text: string;
}

export interface FoundCalls {
  calls: LogCall[];
  creations: Creation[];
  doubts: Doubt[];
}

const positionOf = ({ loc }: Node): Position => ({
  line: loc?.start.line ?? 1,
  column: loc?.start.column ?? 0,
});

/** Values that are never taken for a format: the logger shows them with one of its own. */
const isNoText = ({ type }: Node): boolean =>
  /^(Numeric|Boolean|Null|BigInt|RegExp)Literal$/.test(type) ||
  /^(Object|Array|New|Function|ArrowFunction)Expression$/.test(type);

const readCreation = ({ arguments: [options] }: Call, node: Node): Creation => {
  const object = options === undefined ? undefined : bare(options);
  const position = positionOf(node);
  if (object?.type !== "ObjectExpression") return { ...position, isNamed: false, gap: null };
  const isNamed = object.properties.some(
    (property) =>
      property.type !== "SpreadElement" &&
      ((property.key.type === "Identifier" && property.key.name === "dictionary") ||
        literalText(property.key) === "dictionary"),
  );
  const last = object.properties.at(-1);
  const gap =
    last === undefined
      ? { at: (object.start ?? 0) + 1, before: "" }
      : { at: last.end ?? 0, before: ", " };
  return { ...position, isNamed, gap };
};

const isLevel = (name: string): name is Level => levels.includes(name as Level);

const kept = "Cannot replace this log call's format: ";

/** What a call is to a dictionary, if anything. */
const readCall = (call: Call, node: Node, loggers: Loggers): LogCall | Doubt | null => {
  const member = memberOf(call.callee);
  if (member === null || !isLevel(member.property)) return null;
  const logger = loggers.find(member.object);
  const [given] = call.arguments;
  if (logger === null || given === undefined) return null;
  const position = positionOf(node);
  if (logger === "unclear") {
    const reason = "its logger's name means something else elsewhere in the file, choose another";
    return { ...position, text: kept + reason };
  }
  const format = literalText(given);
  if (format === null) {
    return isNoText(bare(given)) ? null : { ...position, text: `${kept}it is not a literal` };
  }
  const { start, end } = given;
  return {
    ...position,
    level: member.property,
    tag: logger.tag,
    format,
    start: start ?? 0,
    end: end ?? 0,
    stranger: loggers.strangerOf(member.object),
  };
};

/** One for each package whose messages may have become tokens. */
const strangeDoubts = (calls: readonly LogCall[]): Doubt[] => {
  const firsts = new Map<string, LogCall>();
  for (const call of calls) {
    if (call.stranger !== null && !firsts.has(call.stranger)) firsts.set(call.stranger, call);
  }
  return [...firsts].map(([stranger, { line, column }]) => ({
    line,
    column,
    text: `Replaced formats of a logger from "${stranger}", because of its name: unless it is fleetlog's, choose other "names"`,
  }));
};

/** A file without any of these words has nothing to find. */
const telltale = /createLogger|debug|info|warn|error|fatal/;

/**
 * Finds the log calls of a file and where it makes loggers. `names` are identifiers and properties
 * taken for loggers wherever they appear. Throws a `SyntaxError` for what is no program.
 */
export const findCalls = (text: string, syntax: Syntax, names: readonly string[]): FoundCalls => {
  const found: FoundCalls = { calls: [], creations: [], doubts: [] };
  if (!telltale.test(text)) return found;
  const root = parseSource(text, syntax);
  const loggers = createLoggers(readBindings(root), new Set(names));
  walk(root, (node) => {
    const call = callOf(node);
    if (call === null || bare(node) !== node) return;
    if (loggers.isCreation(call)) found.creations.push(readCreation(call, node));
    const read = readCall(call, node, loggers);
    if (read === null) return;
    if ("format" in read) found.calls.push(read);
    else found.doubts.push(read);
  });
  found.doubts.push(...strangeDoubts(found.calls));
  return found;
};
