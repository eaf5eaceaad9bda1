import { invalidParameter, refusal } from "./service-error.ts";

/** What the service model says of one value. Lengths count characters, members or entries. */
export type Rule = StringRule | IntegerRule | BooleanRule | ListRule | MapRule | StructureRule;

export interface StringRule {
  kind: "string";
  min?: number;
  max?: number;
  /** A regular expression that must match the whole value, written as in the service model. */
  pattern?: string;
  oneOf?: readonly string[];
}

export interface IntegerRule {
  kind: "integer";
  min?: number;
  max?: number;
  oneOf?: readonly number[];
}

export interface BooleanRule {
  kind: "boolean";
}

export interface ListRule {
  kind: "list";
  member: StringRule | StructureRule;
  min?: number;
  max?: number;
  /** A quick look at all members: true when none can break its rule. Spares long lists the slow look. */
  isSound?: (members: readonly unknown[]) => boolean;
}

export interface MapRule {
  kind: "map";
  key: StringRule;
  value: StringRule;
  min?: number;
  max?: number;
}

export interface StructureRule {
  kind: "structure";
  members: Readonly<Record<string, Rule>>;
  required: readonly string[];
}

/** Collects violations in the order the members are declared. */
type Report = (constraint: string, path: string, shown: string) => void;

const jsonNames: Readonly<Record<string, string>> = {
  string: "STRING_VALUE",
  number: "NUMBER_VALUE",
  boolean: "TRUE_VALUE",
  object: "START_OBJECT",
};

const typeNames: Readonly<Record<Rule["kind"], string>> = {
  string: "String",
  integer: "Long",
  boolean: "Boolean",
  list: "List",
  map: "Map",
  structure: "Structure",
};

const hasType: Readonly<Record<Rule["kind"], (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  list: Array.isArray,
  map: (value) => typeof value === "object" && !Array.isArray(value),
  structure: (value) => typeof value === "object" && !Array.isArray(value),
};

const checkType = (value: unknown, rule: Rule): void => {
  if (value !== null && hasType[rule.kind](value)) return;
  const found = Array.isArray(value) ? "START_ARRAY" : (jsonNames[typeof value] ?? "VALUE");
  throw refusal(
    "SerializationException",
    `${found} can not be converted to a ${typeNames[rule.kind]}`,
  );
};

const boundFaults = (
  amount: number,
  rule: { min?: number; max?: number },
  noun: "length" | "value",
): string[] => {
  const faults: string[] = [];
  if (rule.max !== undefined && amount > rule.max) {
    faults.push(`Member must have ${noun} less than or equal to ${rule.max}`);
  }
  if (rule.min !== undefined && amount < rule.min) {
    faults.push(`Member must have ${noun} greater than or equal to ${rule.min}`);
  }
  return faults;
};

const oneOfFaults = (value: string | number, allowed?: readonly unknown[]): string[] =>
  allowed === undefined || allowed.includes(value)
    ? []
    : [`Member must satisfy enum value set: [${allowed.join(", ")}]`];

const compiled = new Map<string, RegExp>();

const compile = (pattern: string): RegExp => {
  const known = compiled.get(pattern) ?? new RegExp(`^(?:${pattern})$`, "u");
  compiled.set(pattern, known);
  return known;
};

const patternFaults = (value: string, pattern?: string): string[] =>
  pattern === undefined || compile(pattern).test(value)
    ? []
    : [`Member must satisfy regular expression pattern: ${pattern}`];

const stringFaults = (value: string, rule: StringRule): string[] => [
  ...boundFaults(value.length, rule, "length"),
  ...patternFaults(value, rule.pattern),
  ...oneOfFaults(value, rule.oneOf),
];

const checkList = (members: unknown[], rule: ListRule, at: string, report: Report): void => {
  const shown = members.length === 0 ? "[]" : `[${members.length} members]`;
  for (const fault of boundFaults(members.length, rule, "length")) report(fault, at, shown);
  if (rule.isSound?.(members)) return;
  members.forEach((member, index) => {
    checkValue(member ?? null, rule.member, `${at}.${index + 1}.member`, report);
  });
};

const checkMap = (entries: object, rule: MapRule, at: string, report: Report): void => {
  const pairs = Object.entries(entries);
  const shown = JSON.stringify(entries);
  for (const fault of boundFaults(pairs.length, rule, "length")) report(fault, at, shown);
  for (const [key, value] of pairs) {
    checkType(value, rule.value);
    const keyFaults = stringFaults(key, rule.key);
    const valueFaults = stringFaults(value, rule.value);
    if (keyFaults.length > 0) {
      report(`Map keys must satisfy constraint: [${keyFaults.join(", ")}]`, at, shown);
    }
    if (valueFaults.length > 0) {
      report(`Map value must satisfy constraint: [${valueFaults.join(", ")}]`, at, shown);
    }
  }
};

const checkStructure = (
  value: Record<string, unknown>,
  rule: StructureRule,
  at: string,
  report: Report,
): void => {
  for (const [name, memberRule] of Object.entries(rule.members)) {
    const path = at === "" ? name : `${at}.${name}`;
    const member = value[name] ?? undefined;
    if (member !== undefined) checkValue(member, memberRule, path, report);
    else if (rule.required.includes(name)) report("Member must not be null", path, "null");
  }
};

const checkValue = (value: unknown, rule: Rule, at: string, report: Report): void => {
  if (value === null) {
    report("Member must not be null", at, "null");
    return;
  }
  checkType(value, rule);
  if (rule.kind === "string") {
    for (const fault of stringFaults(value as string, rule)) report(fault, at, value as string);
  } else if (rule.kind === "integer") {
    const faults = [
      ...boundFaults(value as number, rule, "value"),
      ...oneOfFaults(value as number, rule.oneOf),
    ];
    for (const fault of faults) report(fault, at, String(value));
  } else if (rule.kind === "list") checkList(value as unknown[], rule, at, report);
  else if (rule.kind === "map") checkMap(value as object, rule, at, report);
  else if (rule.kind === "structure") {
    checkStructure(value as Record<string, unknown>, rule, at, report);
  }
};

/**
 * Throws SerializationException for a value of a wrong type, else one InvalidParameterException
 * that names every violated constraint.
 */
export const checkInput = (input: unknown, rule: StructureRule): void => {
  const violations: string[] = [];
  checkType(input, rule);
  checkValue(input, rule, "", (constraint, path, shown) => {
    const quoted = shown === "null" ? "null" : `'${shown}'`;
    violations.push(`Value ${quoted} at '${path}' failed to satisfy constraint: ${constraint}`);
  });
  if (violations.length === 0) return;
  const noun = violations.length === 1 ? "error" : "errors";
  throw invalidParameter(
    `${violations.length} validation ${noun} detected: ${violations.join("; ")}`,
  );
};
