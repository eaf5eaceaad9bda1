/**
 * Puts a function that only one other calls into that one: a board then pays for it while that other
 * runs, not always. What each log call runs keeps its functions beside it, for making one takes time.
 */
import babelGenerator from "@babel/generator";
import { parse } from "@babel/parser";
import babelTraverse from "@babel/traverse";
import types from "@babel/types";

const generate = babelGenerator.default ?? babelGenerator;
const traverse = babelTraverse.default ?? babelTraverse;

/** Run once for a frame, or less often, though log calls lead to them. */
const seldom = ["close", "flush", "makeRoom", "pump"];

const isSeldom = (name) => seldom.some((each) => new RegExp(`(^|_)${each}(\\$\\d+)?$`).test(name));

const isFunction = (node) => Boolean(node) && types.isFunction(node);

const nameOf = (statement) => statement?.node.declarations?.[0].id.name ?? "";

const topOf = (path) => path.findParent(({ parentPath }) => parentPath?.isProgram());

/** The module's functions: where each is named, and whether that is a call. */
const study = (program) => {
  const found = new Map();
  for (const [name, binding] of Object.entries(program.scope.bindings)) {
    const made = binding.path.node.init;
    if (!isFunction(made)) continue;
    const uses = [...binding.referencePaths, ...binding.constantViolations];
    const isCalled = uses.every(
      ({ node, parent }) => parent.type === "CallExpression" && parent.callee === node,
    );
    found.set(name, { made, isCalled, path: binding.path, tops: uses.map(topOf) });
  }
  return found;
};

/** What log calls run, each time: those that read `arguments` begin. */
const frequentOf = (functions) => {
  const frequent = new Set();
  for (const [name, { made }] of functions) {
    types.traverseFast(made, (node) => {
      if (types.isIdentifier(node, { name: "arguments" })) frequent.add(name);
    });
  }
  for (const name of frequent) {
    for (const [other, { tops }] of functions) {
      if (!isSeldom(other) && tops.some((top) => nameOf(top) === name)) frequent.add(other);
    }
  }
  return frequent;
};

/** The function that a top-level statement is; null where it is none. */
const bodyOf = ({ node }) => {
  const made = node.declarations ? node.declarations[0].init : node.expression?.right;
  return isFunction(made) ? made : null;
};

const hasFunction = (made) => {
  let has = false;
  types.traverseFast(made.body, (node) => {
    if (isFunction(node)) has = true;
  });
  return has;
};

/** Moves one function; false where none is left to move. */
const nestOne = (tree) => {
  let isMoved = false;
  traverse(tree, {
    Program(program) {
      const functions = study(program);
      const frequent = frequentOf(functions);
      const movable = new Map();
      for (const [name, { made, isCalled, tops }] of functions) {
        const own = new Set(tops);
        const top = tops[0];
        const isOne = own.size === 1 && isCalled && bodyOf(top) && nameOf(top) !== name;
        // What a function of the factory's leaves behind would keep all names of the factory.
        if (isOne && nameOf(top) === "" && hasFunction(made)) continue;
        if (isOne && !frequent.has(nameOf(top)) && !frequent.has(name)) movable.set(name, top);
      }
      // From the inside out: so that one that calls another takes it along.
      const callers = new Set([...movable.values()].map(nameOf));
      const next = [...movable].find(([name]) => !callers.has(name));
      if (next) {
        const [name, top] = next;
        const target = bodyOf(top);
        if (target.body.type !== "BlockStatement") {
          target.body = types.blockStatement([types.returnStatement(target.body)]);
        }
        const statement = functions.get(name).path.parentPath;
        target.body.body.unshift(statement.node);
        statement.remove();
        isMoved = true;
      }
      program.stop();
    },
  });
  traverse.cache.clear();
  return isMoved;
};

/** `text`: a flattened module, one declaration a statement and each name its own. */
export const nest = (text) => {
  const tree = parse(text, { sourceType: "script" });
  while (nestOne(tree));
  return generate(tree).code;
};
