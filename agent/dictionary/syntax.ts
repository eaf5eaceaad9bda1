import { parse } from "@babel/parser";
import type { Expression, Node } from "@babel/types";

/** How a source file is to be read: the esbuild loaders that are programs. */
export type Syntax = "js" | "jsx" | "ts" | "tsx";

/** The tree of a file. Throws a `SyntaxError` for what is no program; esbuild says what is wrong with it. */
export const parseSource = (text: string, syntax: Syntax): Node => {
  const isTyped = syntax === "ts" || syntax === "tsx";
  return parse(text, {
    sourceType: "unambiguous",
    errorRecovery: true,
    attachComment: false,
    allowAwaitOutsideFunction: true,
    allowReturnOutsideFunction: true,
    allowImportExportEverywhere: true,
    plugins: [
      ...(isTyped ? (["typescript", "decorators-legacy"] as const) : (["decorators"] as const)),
      ...(syntax === "ts" ? [] : (["jsx"] as const)),
      "decoratorAutoAccessors",
      "explicitResourceManagement",
    ],
  });
};

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

const childrenOf = (node: Node): Node[] => {
  const children: Node[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) children.push(item);
  }
  return children;
};

/** Calls `visit` for each node, in the order of the text. */
export const walk = (root: Node, visit: (node: Node) => void): void => {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    visit(node);
    for (const child of childrenOf(node).reverse()) waiting.push(child);
  }
};

/** The expression itself, without TypeScript's assertions about it. */
export const bare = (node: Node): Node => {
  switch (node.type) {
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
      return bare(node.expression);
    default:
      return node;
  }
};

/** The text of string literals, also joined by `+`, and of templates without expressions; else null. */
export const literalText = (given: Node): string | null => {
  const node = bare(given);
  if (node.type === "StringLiteral") return node.value;
  if (node.type === "TemplateLiteral") {
    return node.expressions.length === 0 ? (node.quasis[0]?.value.cooked ?? null) : null;
  }
  if (node.type !== "BinaryExpression" || node.operator !== "+") return null;
  const left = literalText(node.left);
  const right = left === null ? null : literalText(node.right);
  return left === null || right === null ? null : left + right;
};

/** A call with its arguments, optional (`a?.()`) or not. */
export interface Call {
  callee: Node;
  arguments: readonly Node[];
}

export const callOf = (given: Node): Call | null => {
  const node = bare(given);
  return node.type === "CallExpression" || node.type === "OptionalCallExpression" ? node : null;
};

/** `object.property`, optional or not, the property by its name or a literal. */
export interface Member {
  object: Expression;
  property: string;
}

export const memberOf = (given: Node): Member | null => {
  const node = bare(given);
  if (node.type !== "MemberExpression" && node.type !== "OptionalMemberExpression") return null;
  if (node.object.type === "Super") return null;
  if (!node.computed && node.property.type === "Identifier") {
    return { object: node.object, property: node.property.name };
  }
  const property = node.computed ? literalText(node.property) : null;
  return property === null ? null : { object: node.object, property };
};
