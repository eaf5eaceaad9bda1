import { invalidParameter } from "./service-error.ts";

/** Decides on a parsed JSON message. */
type Condition = (root: unknown) => boolean;

/** One member or element on the way to a value; `*` is every element. */
type Step = string | number;

interface Token {
  kind: "selector" | "string" | "bare" | "sign";
  text: string;
}

/** What remains to be read, front first. */
interface Reader {
  tokens: Token[];
  pattern: string;
}

const tokenPattern =
  /\s*(?:(?<selector>\$(?:\.[\w\-/@]+|\[(?:\d+|\*)\]|\['[^']*'\])+)|"(?<string>(?:[^"\\]|\\.)*)"|(?<sign>&&|\|\||[<>!]?=|[<>()])|(?<bare>[^\s"()&|<>=!{}]+))/y;

const depthLimit = 50;

const fail = (pattern: string): never => {
  throw invalidParameter(`Invalid filter pattern: '{${pattern}}' is not a condition on JSON`);
};

const tokenize = (pattern: string): Token[] => {
  const tokens: Token[] = [];
  const scanner = new RegExp(tokenPattern);
  while (pattern.slice(scanner.lastIndex).trim() !== "") {
    const groups = scanner.exec(pattern)?.groups ?? fail(pattern);
    const [kind, text] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
    tokens.push({ kind: kind as Token["kind"], text: text ?? "" });
  }
  return tokens;
};

const stepsOf = (selector: string): Step[] =>
  [...selector.matchAll(/\.([\w\-/@]+)|\[(\d+|\*)\]|\['([^']*)'\]/g)].map(
    ([, member, index, quoted]) =>
      index === undefined ? (member ?? quoted ?? "") : index === "*" ? "*" : Number(index),
  );

const stepInto = (value: unknown, step: Step): unknown[] => {
  if (Array.isArray(value)) {
    if (step === "*") return value;
    return typeof step === "number" && step < value.length ? [value[step]] : [];
  }
  const isMember = typeof value === "object" && value !== null && Object.hasOwn(value, step);
  return isMember ? [(value as Record<Step, unknown>)[step]] : [];
};

/** All values a selector leads to; none where the way breaks off. */
const valuesAt = (root: unknown, steps: readonly Step[]): unknown[] =>
  steps.reduce<unknown[]>(
    (values, step) => values.flatMap((value) => stepInto(value, step)),
    [root],
  );

/** Compares with a text in which `*` stands for any text. Takes linear time, whatever the pattern. */
const wildcardTest = (text: string): ((value: string) => boolean) => {
  const [first = "", ...parts] = text.split("*");
  const last = parts.pop();
  if (last === undefined) return (value) => value === first;
  return (value) => {
    if (!value.startsWith(first)) return false;
    let from = first.length;
    for (const part of parts) {
      const found = value.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return value.length - last.length >= from && value.endsWith(last);
  };
};

const orders: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
};

/** A comparison with a literal. Quoted text compares with strings, a bare number with numbers first. */
const comparison = (sign: string, literal: Token, pattern: string): ((v: unknown) => boolean) => {
  const number = literal.kind === "bare" ? Number(literal.text) : Number.NaN;
  const order = orders[sign];
  if (order) {
    if (Number.isNaN(number)) fail(pattern);
    return (value) => typeof value === "number" && order(value, number);
  }
  const isSameText = wildcardTest(literal.text);
  const isSame = (value: unknown): boolean =>
    typeof value === "string"
      ? isSameText(value)
      : typeof value === "number" &&
        literal.kind === "bare" &&
        (value === number || isSameText(String(value)));
  return sign === "=" ? isSame : (value) => !isSame(value);
};

const nextBare = (reader: Reader): string => {
  const token = reader.tokens.shift();
  return token?.kind === "bare" ? token.text.toUpperCase() : fail(reader.pattern);
};

const constants: Readonly<Record<string, unknown>> = { NULL: null, TRUE: true, FALSE: false };

const parseKeyword = (keyword: string, steps: Step[], reader: Reader): Condition => {
  const object = nextBare(reader);
  if (keyword === "NOT" && object === "EXISTS") {
    return (root) => valuesAt(root, steps).length === 0;
  }
  if (keyword !== "IS" || !Object.hasOwn(constants, object)) return fail(reader.pattern);
  return (root) => valuesAt(root, steps).includes(constants[object]);
};

const parseComparison = (reader: Reader): Condition => {
  const selector = reader.tokens.shift();
  const operator = reader.tokens.shift();
  if (selector?.kind !== "selector" || !operator) return fail(reader.pattern);
  const steps = stepsOf(selector.text);
  if (operator.kind === "bare") {
    return parseKeyword(operator.text.toUpperCase(), steps, reader);
  }
  const literal = reader.tokens.shift();
  const isComparing = operator.kind === "sign" && /[<>=]/.test(operator.text);
  if (!isComparing || !literal || (literal.kind !== "string" && literal.kind !== "bare")) {
    return fail(reader.pattern);
  }
  const text = literal.kind === "string" ? literal.text.replace(/\\(.)/g, "$1") : literal.text;
  const test = comparison(operator.text, { ...literal, text }, reader.pattern);
  return (root) => valuesAt(root, steps).some(test);
};

const parseOperand = (reader: Reader, depth: number): Condition => {
  if (reader.tokens[0]?.text !== "(" || reader.tokens[0].kind !== "sign") {
    return parseComparison(reader);
  }
  if (depth > depthLimit) fail(reader.pattern);
  reader.tokens.shift();
  const inner = parseAny(reader, depth + 1);
  if (reader.tokens.shift()?.text !== ")") fail(reader.pattern);
  return inner;
};

const parseAll = (reader: Reader, depth: number): Condition => {
  const parts = [parseOperand(reader, depth)];
  while (reader.tokens[0]?.text === "&&") {
    reader.tokens.shift();
    parts.push(parseOperand(reader, depth));
  }
  return (root) => parts.every((part) => part(root));
};

const parseAny = (reader: Reader, depth: number): Condition => {
  const parts = [parseAll(reader, depth)];
  while (reader.tokens[0]?.text === "||") {
    reader.tokens.shift();
    parts.push(parseAll(reader, depth));
  }
  return (root) => parts.some((part) => part(root));
};

const parseMessage = (message: string): unknown => {
  try {
    return JSON.parse(message) as unknown;
  } catch {
    return undefined;
  }
};

/**
 * Reads what stands in the braces of a JSON pattern: comparisons of `$.a.b[0]['c']` with numbers and
 * strings (`*` stands for any text), `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`, joined by `&&`
 * before `||`, and parentheses. A message that is no JSON object or array never matches.
 */
export const parseJsonPattern = (pattern: string): ((message: string) => boolean) => {
  const reader: Reader = { tokens: tokenize(pattern), pattern };
  const condition = parseAny(reader, 0);
  if (reader.tokens.length > 0) fail(pattern);
  return (message) => {
    const root = parseMessage(message);
    return typeof root === "object" && root !== null && condition(root);
  };
};
