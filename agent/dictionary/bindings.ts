import type { Node } from "@babel/types";
import { bare, callOf, literalText, memberOf, walk } from "./syntax.ts";

/** Where a name of the file gets its value: an expression, a module, or elsewhere. */
export type Origin = { value: Node } | { module: string } | "elsewhere";

/** Names of a file and all that each may stand for, in whatever scope. */
export interface Bindings {
  originsOf(name: string): readonly Origin[];
  /** The module an expression is taken from, such as `winston` for `require("winston").x()`; or `console`. */
  moduleOf(expression: Node): string | null;
}

/** The names a pattern declares. */
const namesIn = (pattern: Node): string[] => {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === "RestElement" ? property.argument : property.value),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)));
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    case "TSParameterProperty":
      return namesIn(pattern.parameter);
    default:
      return [];
  }
};

/** `require("x")`, `import("x")` and `await import("x")`. */
const requiredBy = (expression: Node): string | null => {
  const node = bare(expression);
  const call = callOf(node.type === "AwaitExpression" ? node.argument : node);
  const callee = call?.callee;
  const isRequire = callee?.type === "Identifier" && callee.name === "require";
  if (call === null || (!isRequire && callee?.type !== "Import")) return null;
  return call.arguments[0] === undefined ? null : literalText(call.arguments[0]);
};

type Bind = (pattern: Node, origin: Origin) => void;

const bindDeclared = (node: Node, bind: Bind): void => {
  switch (node.type) {
    case "ImportDeclaration":
      for (const { local } of node.specifiers) bind(local, { module: node.source.value });
      break;
    case "ForInStatement":
    case "ForOfStatement":
      if (node.left.type !== "VariableDeclaration") bind(node.left, "elsewhere");
      else for (const { id } of node.left.declarations) bind(id, "elsewhere");
      break;
    case "CatchClause":
      if (node.param) bind(node.param, "elsewhere");
      break;
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      if (node.id) bind(node.id, "elsewhere");
      break;
    default:
      if ("params" in node && Array.isArray(node.params)) {
        for (const parameter of node.params) bind(parameter, "elsewhere");
      }
      if (node.type === "FunctionDeclaration" && node.id) bind(node.id, "elsewhere");
  }
};

const bindAssigned = (node: Node, bind: Bind): void => {
  const [target, value] =
    node.type === "VariableDeclarator"
      ? [node.id, node.init]
      : node.type === "AssignmentExpression"
        ? [node.left, node.right]
        : [null, null];
  if (!target || !value) return;
  const module = requiredBy(value);
  if (target.type === "Identifier") bind(target, { value });
  else bind(target, module === null ? "elsewhere" : { module });
};

export const readBindings = (root: Node): Bindings => {
  const origins = new Map<string, Origin[]>();
  const bind: Bind = (pattern, origin) => {
    for (const name of namesIn(pattern)) {
      const known = origins.get(name);
      if (known === undefined) origins.set(name, [origin]);
      else known.push(origin);
    }
  };
  walk(root, (node) => {
    bindDeclared(node, bind);
    bindAssigned(node, bind);
  });

  const originsOf = (name: string): readonly Origin[] => origins.get(name) ?? [];
  const moduleOfName = (name: string, seen: readonly string[]): string | null => {
    const [origin, ...others] = seen.includes(name) ? [] : originsOf(name);
    if (origin === undefined || origin === "elsewhere" || others.length > 0) return null;
    return "module" in origin ? origin.module : moduleIn(origin.value, [...seen, name]);
  };
  const moduleIn = (given: Node, seen: readonly string[]): string | null => {
    const node = bare(given);
    const within = callOf(node)?.callee ?? memberOf(node)?.object;
    if (node.type === "Identifier") {
      const isGlobal = originsOf(node.name).length === 0;
      return isGlobal && node.name === "console" ? node.name : moduleOfName(node.name, seen);
    }
    if (node.type === "AwaitExpression") return moduleIn(node.argument, seen);
    return requiredBy(node) ?? (within === undefined ? null : moduleIn(within, seen));
  };
  return { originsOf, moduleOf: (expression) => moduleIn(expression, []) };
};
