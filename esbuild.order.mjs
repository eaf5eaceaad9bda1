/**
 * Orders a module's variables: an Espruino looks through them one by one, so what a log call needs
 * comes first.
 */
import { parse } from "@babel/parser";
import babelTraverse from "@babel/traverse";

const traverse = babelTraverse.default ?? babelTraverse;

/** What a name counts less with each call between it and the log call. */
const fading = 0.7;

/** By name: the top-level functions and statements that name it, once for each time. */
const usesOf = (tree) => {
  const uses = new Map();
  traverse(tree, {
    Program(path) {
      for (const [name, binding] of Object.entries(path.scope.bindings)) {
        const paths = [...binding.referencePaths, ...binding.constantViolations];
        const places = paths.map((use) => {
          const found = use.findParent(
            ({ node, parentPath }) =>
              parentPath?.isProgram() ||
              (node.type === "VariableDeclarator" && parentPath.parentPath.isProgram()),
          );
          return found?.node.id?.name;
        });
        uses.set(name, places);
      }
      path.stop();
    },
  });
  return uses;
};

/** How many calls lie between a log call and each function: those that read `arguments` begin. */
const depthsOf = (text, declarators, uses) => {
  const depths = new Map();
  for (const { id, start, end } of declarators) {
    if (/\barguments\b/.test(text.slice(start, end))) depths.set(id.name, 0);
  }
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const [name, places] of uses) {
      for (const place of places) {
        const depth = (depths.get(place) ?? Infinity) + 1;
        if (depth >= (depths.get(name) ?? Infinity)) continue;
        depths.set(name, depth);
        isChanged = true;
      }
    }
  }
  return depths;
};

/** `text`: a module whose variables are declared by its first statement, a `let`. */
export const order = (text) => {
  const tree = parse(text, { sourceType: "script" });
  const first = tree.program.body[0];
  const declarators = first.declarations;
  const uses = usesOf(tree);
  const depths = depthsOf(text, declarators, uses);
  const score = ({ id }) =>
    uses
      .get(id.name)
      .map((place) => fading ** (depths.get(place) ?? Infinity))
      .reduce((sum, each) => sum + each, 0);
  const scores = new Map(declarators.map((each) => [each, score(each)]));
  const sorted = [...declarators].sort((left, right) => scores.get(right) - scores.get(left));
  const ordered = new Set();
  const add = (declarator) => {
    if (ordered.has(declarator)) return;
    const init = declarator.init;
    if (init && !/Function/.test(init.type)) {
      // What is worked out at once needs what it names.
      for (const other of declarators) {
        if (uses.get(other.id.name).includes(declarator.id.name)) add(other);
      }
    }
    ordered.add(declarator);
  };
  sorted.forEach(add);
  const parts = [...ordered].map(({ start, end }) => text.slice(start, end));
  return `let ${parts.join(",")};${text.slice(first.end)}`;
};
