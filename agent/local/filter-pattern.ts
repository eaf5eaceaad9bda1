import type { AgentError } from "../errors.ts";
import { parseJsonPattern } from "./json-pattern.ts";
import { invalidParameter } from "./service-error.ts";

/** True when a message matches. */
export type MessageTest = (message: string) => boolean;

interface Term {
  kind: "required" | "optional" | "excluded";
  text: string;
}

/** One term: its sign, then a quoted phrase or a word. */
const termPattern = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;

const wordPattern = /^[\p{L}\p{N}_]+$/u;

const invalidPattern = (reason: string): AgentError =>
  invalidParameter(`Invalid filter pattern: ${reason}`);

const kindOf = (sign: string): Term["kind"] =>
  sign === "?" ? "optional" : sign === "-" ? "excluded" : "required";

const parseTerms = (pattern: string): Term[] => {
  const terms: Term[] = [];
  const scanner = new RegExp(termPattern);
  while (pattern.slice(scanner.lastIndex).trim() !== "") {
    const rest = pattern.slice(scanner.lastIndex).trim();
    const found = scanner.exec(pattern);
    if (!found) throw invalidPattern(`Invalid character(s) in term '${rest}'`);
    const [, sign = "", phrase, word = ""] = found;
    const text = phrase?.replace(/\\(.)/g, "$1") ?? word;
    if (text === "" || (phrase === undefined && !wordPattern.test(word))) {
      throw invalidPattern(`Invalid character(s) in term '${found[0].trim()}'`);
    }
    terms.push({ kind: kindOf(sign), text });
  }
  return terms;
};

/** Optional terms count only among themselves: beside required or excluded ones the service ignores them. */
const testOfTerms = (terms: readonly Term[]): MessageTest => {
  const textsOf = (kind: Term["kind"]): string[] =>
    terms.filter((term) => term.kind === kind).map((term) => term.text);
  const [required, optional, excluded] = [
    textsOf("required"),
    textsOf("optional"),
    textsOf("excluded"),
  ];
  if (required.length === 0 && excluded.length === 0) {
    return (message) => optional.some((text) => message.includes(text));
  }
  return (message) =>
    required.every((text) => message.includes(text)) &&
    !excluded.some((text) => message.includes(text));
};

/**
 * Reads a filter pattern: nothing (every message), terms, or a condition on JSON in braces. Throws the
 * service's refusal for any other text. Patterns of fields in brackets and regular expressions are refused.
 */
export const parseFilterPattern = (pattern: string): MessageTest => {
  const text = pattern.trim();
  if (text === "") return () => true;
  if (text.startsWith("{")) {
    if (text.endsWith("}")) return parseJsonPattern(text.slice(1, -1));
    throw invalidParameter("If a filter pattern starts with '{' it must end with '}'");
  }
  if (text.startsWith("[") || text.startsWith("%")) {
    throw invalidPattern("the local endpoint knows terms and JSON conditions only");
  }
  return testOfTerms(parseTerms(text));
};
