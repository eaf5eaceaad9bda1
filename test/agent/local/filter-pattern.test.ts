import { describe, expect, it } from "vitest";
import { parseFilterPattern } from "../../../agent/local/filter-pattern.ts";

interface Case {
  pattern: string;
  yes?: readonly string[];
  no?: readonly string[];
}

const terms: readonly Case[] = [
  { pattern: "", yes: ["anything", ""] },
  { pattern: "ERROR", yes: ["[ERROR 400] bad"], no: ["[error 400] bad", "fine"] },
  { pattern: "ERROR pump", yes: ["pump ERROR"], no: ["ERROR", "pump"] },
  { pattern: "?ERROR ?WARN", yes: ["ERROR", "a WARN"], no: ["INFO"] },
  { pattern: "ERROR -pump", yes: ["ERROR door"], no: ["ERROR pump", "door"] },
  { pattern: "-pump", yes: ["door"], no: ["pump"] },
  { pattern: '"bad request"', yes: ["a bad request"], no: ["bad  request", "request bad"] },
  { pattern: '"a.b:c" -"x y"', yes: ["a.b:c"], no: ["a.b:c x y"] },
  { pattern: '"say \\"hi\\""', yes: ['say "hi"'], no: ["say hi"] },
  { pattern: '?"two words" ?three', yes: ["two words", "three"], no: ["two"] },
  { pattern: "?ignored ERROR", yes: ["ERROR"], no: ["ignored"] },
  { pattern: "Å_1", yes: ["Å_1"], no: ["A_1"] },
];

const json: readonly Case[] = [
  {
    pattern: '{ $.level = "warn" }',
    yes: ['{"level":"warn"}'],
    no: ['{"level":"warning"}', '{"level":1}', "warn", '"warn"', "null"],
  },
  { pattern: "{ $.level = warn }", yes: ['{"level":"warn"}'], no: ['{"level":"info"}'] },
  { pattern: "{ $.seq = 7 }", yes: ['{"seq":7}', '{"seq":7.0}'], no: ['{"seq":71}', "{}"] },
  { pattern: "{ $.seq != 7 }", yes: ['{"seq":8}', '{"seq":"a"}'], no: ['{"seq":7}', "{}"] },
  { pattern: "{ $.t > 20.5 }", yes: ['{"t":20.6}'], no: ['{"t":20.5}', '{"t":"30"}'] },
  { pattern: "{ $.t >= -1e1 }", yes: ['{"t":-10}'], no: ['{"t":-10.1}'] },
  { pattern: "{ $.t < 0 }", yes: ['{"t":-1}'], no: ['{"t":0}'] },
  { pattern: "{$.t<=0}", yes: ['{"t":0}'], no: ['{"t":0.1}'] },
  { pattern: '{ $.tag = "pu*p" }', yes: ['{"tag":"pump"}', '{"tag":"pup"}'], no: ['{"tag":"pu"}'] },
  { pattern: "{ $.ip = 10.0.* }", yes: ['{"ip":"10.0.0.7"}'], no: ['{"ip":"10.1.0.7"}'] },
  { pattern: "{ $.status = 4* }", yes: ['{"status":404}'], no: ['{"status":504}'] },
  { pattern: "{ $.a.b[1] = 2 }", yes: ['{"a":{"b":[1,2]}}'], no: ['{"a":{"b":[2]}}', '{"a":2}'] },
  { pattern: "{ $.a[*].x = 1 }", yes: ['{"a":[{"x":0},{"x":1}]}'], no: ['{"a":[{"x":0}]}'] },
  { pattern: "{ $['a b'] = 1 }", yes: ['{"a b":1}'], no: ["{}"] },
  { pattern: "{ $.x IS NULL }", yes: ['{"x":null}'], no: ["{}", '{"x":0}'] },
  { pattern: "{ $.x is true }", yes: ['{"x":true}'], no: ['{"x":"true"}'] },
  { pattern: "{ $.x IS FALSE }", yes: ['{"x":false}'], no: ['{"x":0}'] },
  { pattern: "{ $.x NOT EXISTS }", yes: ["{}"], no: ['{"x":null}'] },
  {
    pattern: "{ $.a = 1 || $.b = 1 && $.c = 1 }",
    yes: ['{"a":1}', '{"b":1,"c":1}'],
    no: ['{"b":1}'],
  },
  {
    pattern: "{ ($.a = 1 || $.b = 1) && $.c = 1 }",
    yes: ['{"a":1,"c":1}', '{"b":1,"c":1}'],
    no: ['{"a":1}'],
  },
];

const bad: readonly string[] = [
  "a.b",
  "ERROR*",
  '"open',
  '""',
  "?",
  "a - b",
  "{ $.a = 1",
  "{ }",
  "{ a = 1 }",
  "{ $.a }",
  "{ $.a = }",
  "{ $.a > high }",
  '{ $.a > "1" }',
  "{ $.a = 1 && }",
  "{ ($.a = 1 }",
  "{ $.a = 1 $.b = 2 }",
  "{ $.a IS 7 }",
  "{ $.a EXISTS NOT }",
  "{ $.a & 1 }",
  "[ip, user]",
  "%AUTH%",
  `{ ${"(".repeat(60)}$.a = 1${")".repeat(60)} }`,
];

describe("filter pattern", () => {
  it.each([...terms, ...json])("$pattern matches $yes, not $no", ({ pattern, yes, no }) => {
    const isMatch = parseFilterPattern(pattern);

    expect(yes?.filter((message) => !isMatch(message)) ?? []).toEqual([]);
    expect(no?.filter(isMatch) ?? []).toEqual([]);
  });

  it.each(bad)("is refused when it reads %s", (pattern) => {
    expect(() => parseFilterPattern(pattern)).toThrow(
      expect.objectContaining({
        code: "InvalidParameterException",
        message: expect.stringMatching(/filter pattern/i),
      }),
    );
  });
});
