import type { Node } from "@babel/types";
import type { Bindings } from "./bindings.ts";
import { bare, type Call, callOf, literalText, memberOf } from "./syntax.ts";

/** A logger of the file. */
export interface FoundLogger {
  /** `""` for the program's own logger; null where only the running program knows. */
  tag: string | null;
}

/** Who is a logger in one file. */
export interface Loggers {
  /** Null for what is none; `unclear` for a name that is one here, something else there. */
  find(expression: Node): FoundLogger | "unclear" | null;
  /** Whether a call makes a logger: `createLogger(...)`, not of a package that is not fleetlog. */
  isCreation(call: Call): boolean;
  /** The package that is not fleetlog, or `console`, that an expression comes from; null for none. */
  strangerOf(expression: Node): string | null;
}

/** Files of the program by path or alias; other specifiers are packages. */
const isOwnFile = (module: string): boolean => /^([./#~]|@\/)/.test(module);

const isEmpty = (node: Node): boolean =>
  node.type === "NullLiteral" || (node.type === "Identifier" && node.name === "undefined");

/** `names` are identifiers and properties that are loggers wherever they appear. */
export const createLoggers = (bindings: Bindings, names: ReadonlySet<string>): Loggers => {
  const known = new Map<string, FoundLogger | "unclear" | null>();

  const strangerOf = (expression: Node): string | null => {
    const module = bindings.moduleOf(expression);
    return module === null || isOwnFile(module) || module.includes("fleetlog") ? null : module;
  };
  const isCreation = ({ callee }: Call): boolean => {
    const node = bare(callee);
    const name = node.type === "Identifier" ? node.name : memberOf(node)?.property;
    return name === "createLogger" && strangerOf(node) === null;
  };
  const findByOrigins = (name: string): FoundLogger | "unclear" | null => {
    const origins = bindings
      .originsOf(name)
      .filter(
        (origin) => !(typeof origin === "object" && "value" in origin && isEmpty(origin.value)),
      );
    const found = origins.map((origin) =>
      typeof origin === "object" && "value" in origin ? find(origin.value) : null,
    );
    const loggers = found.filter((logger) => logger !== null && logger !== "unclear");
    if (loggers.length < found.length) {
      return loggers.length > 0 || found.includes("unclear") ? "unclear" : null;
    }
    const tags = new Set(loggers.map(({ tag }) => tag));
    const [tag = null] = tags;
    return loggers.length === 0 ? null : { tag: tags.size === 1 ? tag : null };
  };
  const findByName = (name: string): FoundLogger | "unclear" | null => {
    let found = known.get(name);
    if (found === undefined) {
      // Until it is known a name that is defined by itself is no logger.
      known.set(name, null);
      found = findByOrigins(name);
      if (names.has(name) && (found === null || found === "unclear")) found = { tag: null };
      known.set(name, found);
    }
    return found;
  };
  const findByCall = (call: Call): FoundLogger | "unclear" | null => {
    if (isCreation(call)) return { tag: "" };
    const member = memberOf(call.callee);
    if (member?.property !== "tag") return null;
    const logger = find(member.object);
    const [name] = call.arguments;
    if (logger === null || logger === "unclear") return logger;
    return { tag: name === undefined ? null : literalText(name) };
  };
  const find = (expression: Node): FoundLogger | "unclear" | null => {
    const node = bare(expression);
    if (node.type === "Identifier") return findByName(node.name);
    const call = callOf(node);
    if (call !== null) return findByCall(call);
    const member = memberOf(node);
    return member !== null && names.has(member.property) ? { tag: null } : null;
  };
  return { find, isCreation, strangerOf };
};
