/**
 * Flattens a bundle for boards, where a closure inside a factory takes 9 or 10 variables of memory,
 * and a function of the module 5 or 6. What the exported factory calls once becomes part of it, objects
 * that are only looked into become variables, and then all of its state and functions become the
 * module's. So the module has one of what it makes: a second call answers the first one's result.
 */

import babelGenerator from "@babel/generator";
import { parse } from "@babel/parser";
import babelTraverse from "@babel/traverse";
import types from "@babel/types";

const generate = babelGenerator.default ?? babelGenerator;
const traverse = babelTraverse.default ?? babelTraverse;

const isIdentifier = types.isIdentifier;
const isFunction = types.isFunction;
const nothing = () => types.unaryExpression("void", types.numericLiteral(0));

/** Calls `visit(node, ancestors)` for a node and all below it; ancestors are nearest last. */
const walk = (node, visit, ancestors = []) => {
  if (visit(node, ancestors) === false) return;
  ancestors.push(node);
  for (const key of types.VISITOR_KEYS[node.type] ?? []) {
    for (const child of [node[key]].flat()) if (child) walk(child, visit, ancestors);
  }
  ancestors.pop();
};

/** Puts `next` in place of `node`, a child of `parent`. */
const replace = (parent, node, next) => {
  for (const key of types.VISITOR_KEYS[parent.type]) {
    if (parent[key] === node) parent[key] = next;
    else if (Array.isArray(parent[key])) {
      const at = parent[key].indexOf(node);
      if (at >= 0) parent[key][at] = next;
    }
  }
};

const usesOwn = (node, isSought) => {
  let found = false;
  walk(node, (child) => {
    if (isSought(child)) found = true;
    if (child !== node && isFunction(child) && child.type !== "ArrowFunctionExpression")
      return false;
  });
  return found;
};
const usesThis = (node) => usesOwn(node, (child) => child.type === "ThisExpression");
const usesArguments = (node) =>
  usesOwn(node, (child) => isIdentifier(child, { name: "arguments" }));

const plainFunction = ({ params, body }, isArrow) =>
  isArrow
    ? types.arrowFunctionExpression(params, body)
    : types.functionExpression(null, params, body);

const splitDeclarations = (list) =>
  list.flatMap((statement) =>
    statement.type === "VariableDeclaration"
      ? statement.declarations.map((each) => types.variableDeclaration("let", [each]))
      : [statement],
  );

/** A statement, or an expression, of its own as a block. */
const asBlock = (node) => {
  if (isFunction(node) && node.body.type !== "BlockStatement") {
    node.body = types.blockStatement([types.returnStatement(node.body)]);
  }
  for (const key of ["consequent", "alternate", "body"]) {
    const child = node[key];
    const isBare = child?.type && types.isStatement(child) && child.type !== "BlockStatement";
    if (isBare && !(key === "alternate" && child.type === "IfStatement")) {
      node[key] = types.blockStatement([child]);
    }
  }
};

/** One declaration a statement, no shorthand, no methods; each binding has a name of its own. */
const normalise = (tree) => {
  const taken = new Set();
  const seen = new Set();
  traverse(tree, {
    Program: (path) => {
      for (const name of Object.keys(path.scope.globals)) taken.add(name);
    },
    Scopable(path) {
      if (seen.has(path.scope)) return;
      seen.add(path.scope);
      for (const name of Object.keys(path.scope.bindings)) {
        let own = name;
        for (let count = 2; taken.has(own); count++) own = `${name}$${count}`;
        taken.add(own);
        if (own !== name) path.scope.rename(name, own);
      }
    },
  });
  walk(tree.program, (node, ancestors) => {
    if (node.type === "ObjectProperty") node.shorthand = false;
    if (node.type === "ObjectMethod" && node.kind === "method") {
      const value = plainFunction(node, !usesThis(node) && !usesArguments(node));
      replace(ancestors.at(-1), node, types.objectProperty(node.key, value));
    }
  });
  walk(tree.program, asBlock);
  walk(tree.program, (node) => {
    if (Array.isArray(node.body)) node.body = splitDeclarations(node.body);
  });
};

/** The exported factory: `exports.name = (options) => { ... }`, the program's last statement of that form. */
const factoryOf = (program) => {
  const found = program.body
    .filter(({ expression }) => expression?.type === "AssignmentExpression")
    .map(({ expression }) => expression)
    .filter(({ left, right }) => left.object?.name === "exports" && isFunction(right));
  if (found.length !== 1) throw new Error("Cannot flatten: not one exported factory");
  const factory = found[0].right;
  if (factory.body.type !== "BlockStatement") {
    factory.body = types.blockStatement([types.returnStatement(factory.body)]);
  }
  return factory;
};

/** Bindings by name: where they are declared, read and written. */
const study = (program, factory) => {
  const bindings = new Map();
  const of = (name) => {
    if (!bindings.has(name)) bindings.set(name, { name, uses: [], writes: 0 });
    return bindings.get(name);
  };
  walk(program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (!isIdentifier(node)) return;
    if (parent.type === "VariableDeclarator" && parent.id === node) {
      const statement = ancestors.at(-2);
      const list = ancestors.at(-3);
      const isShared = list === program || list === factory.body;
      Object.assign(of(node.name), { declarator: parent, statement, list, isShared });
    } else if (isFunction(parent) && parent.params.includes(node)) {
      Object.assign(of(node.name), { isParameter: true });
    } else if (types.isReferenced(node, parent, ancestors.at(-2))) {
      of(node.name).uses.push({ node, parent, ancestors: [...ancestors] });
      const isTarget =
        (parent.type === "AssignmentExpression" && parent.left === node) ||
        parent.type === "UpdateExpression" ||
        (parent.type === "ForInStatement" && parent.left === node);
      if (isTarget) of(node.name).writes++;
    } else if (parent.type === "AssignmentExpression" && parent.left === node) {
      of(node.name).uses.push({ node, parent, ancestors: [...ancestors] });
      of(node.name).writes++;
    }
  });
  return bindings;
};

const isConstant = (binding) => binding?.declarator?.init && binding.writes === 0;

/** Whether a name means the same everywhere, and always. */
const isSharedConstant = (binding) => isConstant(binding) && binding.isShared;

const isCalled = ({ node, parent }) => parent.type === "CallExpression" && parent.callee === node;

const isSmallLiteral = (node) =>
  ["NumericLiteral", "BooleanLiteral", "NullLiteral"].includes(node.type) ||
  (node.type === "UnaryExpression" && isSmallLiteral(node.argument));

const remove = ({ list, statement }) => {
  list.body = list.body.filter((each) => each !== statement);
};

const isSimple = (node) =>
  isIdentifier(node) ||
  isFunction(node) ||
  types.isLiteral(node) ||
  (node.type === "MemberExpression" && !node.computed && isSimple(node.object)) ||
  (node.type === "LogicalExpression" && isSimple(node.left) && isSimple(node.right)) ||
  (node.type === "BinaryExpression" && isSimple(node.left) && isSimple(node.right)) ||
  (node.type === "UnaryExpression" && isSimple(node.argument)) ||
  (node.type === "ObjectExpression" &&
    node.properties.every((each) => each.type === "ObjectProperty" && isSimple(each.value)));

const isSimpleOrCall = (node) =>
  isSimple(node) ||
  (node.type === "CallExpression" && isIdentifier(node.callee) && node.arguments.every(isSimple)) ||
  (node.type === "MemberExpression" && isSimple(node.object) && isSimple(node.property)) ||
  (node.type === "ConditionalExpression" &&
    isSimple(node.test) &&
    isSimple(node.consequent) &&
    isSimple(node.alternate));

/** The calls that a statement is sure to make, before anything else of weight. */
const firstCalls = (statement) => {
  const calls = [];
  /** Answers whether what follows is still to be looked at. */
  const look = (node) => {
    if (!node) return true;
    if (node.type === "CallExpression" && isIdentifier(node.callee)) {
      calls.push(node);
      lookThrough(node.arguments);
      return false;
    }
    if (node.type === "ObjectExpression") {
      return lookThrough(node.properties.map((each) => each.value ?? each));
    }
    if (node.type === "AssignmentExpression" && isIdentifier(node.left)) look(node.right);
    else if (node.type === "UnaryExpression") look(node.argument);
    else if (node.type === "LogicalExpression" || node.type === "ConditionalExpression") {
      look(node.left ?? node.test);
    } else if (node.type === "BinaryExpression") lookThrough([node.left, node.right]);
    return isSimple(node);
  };
  const lookThrough = (nodes) => nodes.every(look);
  if (statement.type === "VariableDeclaration") look(statement.declarations[0].init);
  else if (statement.type === "ReturnStatement") look(statement.argument);
  else if (statement.type === "ExpressionStatement") look(statement.expression);
  else if (statement.type === "IfStatement") look(statement.test);
  return calls;
};

const countReturns = (node) => {
  let returns = 0;
  walk(node, (child) => {
    if (child.type === "ReturnStatement") returns++;
    return child === node || !isFunction(child);
  });
  return returns;
};

const assigning = (name, value) =>
  types.expressionStatement(types.assignmentExpression("=", types.identifier(name), value));

/**
 * Statements without `return`, which set `name` instead, if it is not null; null where that cannot
 * be: in loops, and where both of an `if` may go on.
 */
const withoutReturns = (list, name) => {
  const at = list.findIndex((statement) => countReturns(statement) > 0);
  if (at < 0) return list;
  const before = list.slice(0, at);
  const statement = list[at];
  if (statement.type === "ReturnStatement") {
    if (name !== null) return [...before, assigning(name, statement.argument ?? nothing())];
    if (!statement.argument || isSimple(statement.argument)) return before;
    return [...before, types.expressionStatement(statement.argument)];
  }
  if (statement.type === "BlockStatement") {
    const inner = withoutReturns([...statement.body, ...list.slice(at + 1)], name);
    return inner && [...before, types.blockStatement(inner)];
  }
  if (statement.type !== "IfStatement" || statement.alternate) return null;
  const own = statement.consequent.body;
  if (own.at(-1)?.type !== "ReturnStatement") return null;
  const taken = withoutReturns(own, name);
  const other = withoutReturns(list.slice(at + 1), name);
  if (taken === null || other === null) return null;
  const after = other.length > 0 ? types.blockStatement(other) : null;
  return [...before, types.ifStatement(statement.test, types.blockStatement(taken), after)];
};

/**
 * A function as it can stand elsewhere: statements, then a result; null where it cannot. `isLast`:
 * nothing follows it but a return. `isUsed`: whether the result is.
 */
const bodyOf = (made, { isLast, isUsed, name }) => {
  if (made.async || made.generator || usesThis(made) || usesArguments(made)) return null;
  if (made.body.type !== "BlockStatement") return { statements: [], result: made.body };
  const list = made.body.body;
  const returns = countReturns(made.body);
  const last = list.at(-1)?.type === "ReturnStatement" ? list.at(-1) : null;
  if (isLast || returns === (last ? 1 : 0)) {
    const result = last?.argument ?? nothing();
    return { statements: last ? list.slice(0, -1) : list, result };
  }
  const statements = withoutReturns(list, isUsed ? name : null);
  if (statements === null) return null;
  if (!isUsed) return { statements, result: nothing() };
  const own = types.variableDeclaration("let", [types.variableDeclarator(types.identifier(name))]);
  return { statements: [own, ...statements], result: types.identifier(name) };
};

/** Every list of statements, with the function it is in. */
const blocksOf = (program) => {
  const blocks = [];
  walk(program, (node, ancestors) => {
    if (node.type === "BlockStatement") blocks.push({ block: node, ancestors: [...ancestors] });
  });
  return blocks;
};

/** Makes a function that is called once part of its caller. */
const inlineCalls = (program, factory) => {
  const bindings = study(program, factory);
  const dirty = new Set();
  for (const { block, ancestors } of blocksOf(program)) {
    if (ancestors.some((each) => dirty.has(each)) || dirty.has(block)) continue;
    const found = inlineInto(block, bindings, ancestors);
    if (found === null) continue;
    dirty.add(found.made).add(block);
    for (const each of ancestors) if (isFunction(each)) dirty.add(each);
    if (block === factory.body) break;
  }
  return dirty.size > 0;
};

const inlineInto = (block, bindings, ancestors) => {
  for (const statement of block.body) {
    for (const call of firstCalls(statement)) {
      const binding = bindings.get(call.callee.name);
      const made = binding?.declarator?.init;
      if (!isSharedConstant(binding) || !isFunction(made) || binding.uses.length !== 1) continue;
      if (ancestors.includes(made)) continue;
      const body = bodyOf(made, {
        isLast: statement.type === "ReturnStatement" && statement.argument === call,
        isUsed: statement.expression !== call,
        name: `${binding.name}$result`,
      });
      if (body === null) continue;
      const given = made.params.map((param, index) =>
        types.variableDeclaration("let", [
          types.variableDeclarator(param, call.arguments[index] ?? nothing()),
        ]),
      );
      remove(binding);
      const at = block.body.indexOf(statement);
      const isWhole = statement.expression === call && isSimple(body.result);
      walk(statement, (node, above) => {
        if (node === call) replace(above.at(-1), call, body.result);
      });
      block.body.splice(at, isWhole ? 1 : 0, ...given, ...body.statements);
      return { made };
    }
  }
  return null;
};

/** What a test always answers; undefined where that is not known. */
const outcomeOf = (test, bindings) => {
  if (test.type === "UnaryExpression" && test.operator === "void") return false;
  if (test.type === "NullLiteral") return false;
  if (test.type === "BooleanLiteral" || test.type === "NumericLiteral") return Boolean(test.value);
  if (test.type === "UnaryExpression" && test.operator === "!") {
    const inner = outcomeOf(test.argument, bindings);
    return inner === undefined ? undefined : !inner;
  }
  const binding = isIdentifier(test) ? bindings.get(test.name) : undefined;
  return isConstant(binding) && isFunction(binding.declarator.init) ? true : undefined;
};

/** Leaves out what a part that is not there would do, and what nothing calls. */
const prune = (program, factory) => {
  const bindings = study(program, factory);
  let isChanged = false;
  walk(program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (node.type === "LogicalExpression" && node.operator !== "??") {
      const outcome = outcomeOf(node.left, bindings);
      if (outcome === undefined) return;
      const isRight = outcome === (node.operator === "&&");
      replace(parent, node, isRight ? node.right : node.left);
      isChanged = true;
    }
    if (node.type !== "IfStatement" && node.type !== "ConditionalExpression") return;
    const outcome = outcomeOf(node.test, bindings);
    if (outcome === undefined) return;
    const taken = outcome ? node.consequent : node.alternate;
    replace(parent, node, taken ?? types.blockStatement([]));
    isChanged = true;
  });
  if (isChanged) return true;
  for (const binding of bindings.values()) {
    const init = binding.declarator?.init;
    const isUnused = binding.list?.body && init && binding.uses.length === 0 && isSimple(init);
    if (!isUnused) continue;
    remove(binding);
    isChanged = true;
  }
  return isChanged;
};

/** Statements of a bare block that declares nothing stand in its list. */
const unwrapBlocks = (program) => {
  walk(program, (node) => {
    if (!Array.isArray(node.body)) return;
    node.body = node.body.flatMap((each) => (each.type === "BlockStatement" ? each.body : [each]));
  });
  return false;
};

const sizeOf = (node) => {
  let size = 0;
  walk(node, () => {
    size++;
  });
  return size;
};

/** Nodes of a function that is so short that it may stand wherever it is called. */
const shortNodes = 9;

const inlineShort = (program, factory) => {
  const bindings = study(program, factory);
  const gone = new Set();
  for (const binding of bindings.values()) {
    const made = binding.declarator?.init;
    if (!isSharedConstant(binding) || !isFunction(made) || binding.uses.length === 0) continue;
    const body = bodyOf(made, { isLast: true, isUsed: true });
    const result = body?.statements.length === 0 ? body.result : null;
    const isShort = result && sizeOf(result) <= shortNodes && binding.uses.every(isCalled);
    const isPlain = (node) => isIdentifier(node) || isSmallLiteral(node);
    if (!isShort || !isSimpleOrCall(result)) continue;
    if (!binding.uses.every(({ parent }) => parent.arguments.every(isPlain))) continue;
    if (binding.uses.some(({ ancestors }) => ancestors.some((each) => gone.has(each)))) continue;
    if (made.params.some(({ name }) => bindings.get(name).writes > 0)) continue;
    for (const { parent: call, ancestors } of binding.uses) {
      const copy = types.returnStatement(types.cloneNode(result));
      walk(copy, (node, above) => {
        const index = made.params.findIndex(({ name }) => isIdentifier(node, { name }));
        const parent = above.at(-1);
        if (index < 0 || !types.isReferenced(node, parent)) return;
        replace(
          parent,
          node,
          call.arguments[index] ? types.cloneNode(call.arguments[index]) : nothing(),
        );
      });
      replace(ancestors.at(-2), call, copy.argument);
    }
    remove(binding);
    gone.add(made);
    return true;
  }
  return false;
};

/** What a function that only calls another, with all it is given, stands for; else null. */
const calledAlone = ({ declarator, statement, list }, bindings, program) => {
  const made = declarator.init;
  const only = made.body.body?.length === 1 ? made.body.body[0] : null;
  const call = only?.type === "ReturnStatement" ? only.argument : null;
  if (made.type !== "ArrowFunctionExpression" || call?.type !== "CallExpression") return null;
  const { callee, arguments: given } = call;
  const other = bindings.get(callee.name);
  if (!isSharedConstant(other) || !isFunction(other.declarator.init)) return null;
  const isBefore =
    other.list === list
      ? list.body.indexOf(other.statement) < list.body.indexOf(statement)
      : other.list === program;
  const isSame =
    other.declarator.init.params.length === given.length &&
    made.params.length === given.length &&
    given.every((each, index) => isIdentifier(each, { name: made.params[index].name }));
  return isBefore && isSame && !usesArguments(other.declarator.init) ? callee : null;
};

/** A name for a name, or for a small number, gives way to it. */
const replaceAliases = (program, factory) => {
  const bindings = study(program, factory);
  const natives = new Map();
  const gone = new Set();
  const meant = new Set();
  for (const binding of bindings.values()) {
    if (!isConstant(binding)) continue;
    const init = binding.declarator.init;
    let meaning = isSmallLiteral(init) ? init : null;
    if (isIdentifier(init) && isSharedConstant(bindings.get(init.name))) meaning = init;
    if (binding.isShared && isFunction(init)) meaning = calledAlone(binding, bindings, program);
    if (init.type === "MemberExpression" && binding.isShared && isIdentifier(init.object)) {
      // Two names for one function of the engine.
      const text = bindings.get(init.object.name)?.declarator ? null : generate(init).code;
      if (text !== null && natives.has(text)) meaning = types.identifier(natives.get(text));
      else if (text !== null) natives.set(text, binding.name);
    }
    if (meaning === null || meant.has(binding.name) || gone.has(meaning.name)) continue;
    for (const { node, parent } of binding.uses) replace(parent, node, types.cloneNode(meaning));
    remove(binding);
    gone.add(binding.name);
    if (isIdentifier(meaning)) meant.add(meaning.name);
  }
  return gone.size > 0;
};

const isPlainObject = (node) =>
  node.type === "ObjectExpression" &&
  node.properties.every(
    ({ type, computed, key, value }) =>
      type === "ObjectProperty" && !computed && isIdentifier(key) && !usesThis(value),
  );

/** An object that is only looked into becomes variables. */
const scatterObjects = (program, factory) => {
  const bindings = study(program, factory);
  const scattered = new Set();
  for (const binding of bindings.values()) {
    if (!isSharedConstant(binding) || !isPlainObject(binding.declarator.init)) continue;
    const isLookedInto = binding.uses.every(
      ({ node, parent, ancestors }) =>
        parent.type === "MemberExpression" &&
        parent.object === node &&
        !parent.computed &&
        ancestors.at(-2).operator !== "delete" &&
        !ancestors.some((each) => scattered.has(each)),
    );
    if (!isLookedInto) continue;
    const names = new Map();
    const nameOf = (key) => {
      let own = `${binding.name}_${key}`;
      while (bindings.has(own) && !names.has(key)) own += "$";
      if (!names.has(key)) names.set(key, own);
      return names.get(key);
    };
    const declared = binding.declarator.init.properties.map(({ key, value }) => [key.name, value]);
    for (const { parent, ancestors } of binding.uses) {
      const key = parent.property.name;
      if (!declared.some(([known]) => known === key)) declared.push([key, nothing()]);
      replace(ancestors.at(-2), parent, types.identifier(nameOf(key)));
    }
    const variables = declared.map(([key, value]) =>
      types.variableDeclaration("let", [
        types.variableDeclarator(types.identifier(nameOf(key)), value),
      ]),
    );
    binding.list.body.splice(binding.list.body.indexOf(binding.statement), 1, ...variables);
    scattered.add(binding.declarator.init);
  }
  return scattered.size > 0;
};

const sameMeaning = (nodes, bindings) => {
  const first = nodes[0];
  const isShared =
    first &&
    (isIdentifier(first) ? isSharedConstant(bindings.get(first.name)) : isSmallLiteral(first));
  const text = isShared ? generate(first).code : "";
  return isShared && nodes.every((node) => generate(node).code === text) ? first : null;
};

/** A parameter that is always given the same is none. */
const dropParameters = (program, factory) => {
  const bindings = study(program, factory);
  const gone = new Set();
  for (const binding of bindings.values()) {
    const made = binding.declarator?.init;
    if (!isSharedConstant(binding) || !isFunction(made) || usesArguments(made)) continue;
    if (binding.uses.length === 0 || !binding.uses.every(isCalled)) continue;
    for (let index = 0; index < made.params.length; index++) {
      const param = bindings.get(made.params[index].name);
      const calls = binding.uses.map(({ parent }) => parent);
      const given = calls.map((call) => call.arguments[index] ?? nothing());
      const isPassedOn = (node) => isIdentifier(node, { name: param.name });
      const meaning = sameMeaning(
        given.filter((node) => !isPassedOn(node)),
        bindings,
      );
      if (meaning === null || param.writes > 0 || gone.has(meaning.name)) continue;
      for (const call of calls) call.arguments.splice(index, 1);
      made.params.splice(index--, 1);
      for (const { node, parent } of param.uses) replace(parent, node, types.cloneNode(meaning));
      gone.add(param.name);
    }
  }
  return gone.size > 0;
};

/** A property that always is the same is none. */
const dropProperties = (program, factory, isOwn) => {
  const bindings = study(program, factory);
  const values = new Map();
  const reads = new Map();
  const ruled = new Set();
  let isChanged = false;
  const push = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);
  walk(program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (node.type === "ObjectProperty") push(values, node.key.name, { node, parent });
    if (node.type !== "MemberExpression" || node.computed) return;
    const isRead =
      isSimple(node.object) &&
      !(parent.type === "AssignmentExpression" && parent.left === node) &&
      !(parent.type === "CallExpression" && parent.callee === node) &&
      parent.type !== "UpdateExpression" &&
      parent.operator !== "delete";
    if (isRead) push(reads, node.property.name, { node, parent });
    else ruled.add(node.property.name);
  });
  for (const [key, found] of values) {
    if (ruled.has(key) || key === undefined || !isOwn(key)) continue;
    const meaning = sameMeaning(
      found.map(({ node }) => node.value),
      bindings,
    );
    if (meaning === null) continue;
    isChanged = true;
    for (const { node, parent } of found) {
      parent.properties = parent.properties.filter((each) => each !== node);
    }
    for (const { node, parent } of reads.get(key) ?? []) {
      replace(parent, node, types.cloneNode(meaning));
    }
  }
  return isChanged;
};

/** Moves the factory's functions, and what they share, to the module. */
const hoist = (program, factory) => {
  const statementOf = (name, init) =>
    types.variableDeclaration("let", [types.variableDeclarator(types.identifier(name), init)]);
  const moved = [];
  let extracted = 0;
  // Functions within its own statements are the module's too.
  for (const statement of factory.body.body) {
    walk(statement, (node, ancestors) => {
      if (!isFunction(node)) return;
      const isDeclared =
        ancestors.length === 2 && ancestors[0] === statement && ancestors[1].init === node;
      if (!isDeclared) {
        const name = `extracted$${extracted++}`;
        moved.push(statementOf(name, node));
        replace(ancestors.at(-1), node, types.identifier(name));
      }
      return false;
    });
  }
  program.body.splice(-1, 0, ...moved);
  const given = factory.params.map((param) => {
    const name = `${param.name}$given`;
    const own = statementOf(param.name, types.identifier(name));
    param.name = name;
    return own;
  });
  factory.body.body.unshift(...given);
  const bindings = study(program, factory);
  const kept = [];
  const declared = [];
  for (const statement of factory.body.body) {
    const declarator = statement.type === "VariableDeclaration" ? statement.declarations[0] : null;
    const binding = declarator && bindings.get(declarator.id.name);
    const isElsewhere = binding?.uses.some(({ ancestors }) =>
      ancestors.slice(ancestors.indexOf(factory) + 1).some(isFunction),
    );
    const isOwnFunction = declarator?.init && isFunction(declarator.init);
    if (!isElsewhere && !isOwnFunction) kept.push(statement);
    else if (isOwnFunction || !declarator.init || isSmallLiteral(declarator.init))
      declared.push(statement);
    else {
      declared.push(statementOf(declarator.id.name, null));
      const target = types.identifier(declarator.id.name);
      kept.push(
        types.expressionStatement(types.assignmentExpression("=", target, declarator.init)),
      );
    }
  }
  const made = types.identifier("made$");
  const last = kept.at(-1);
  if (last?.type !== "ReturnStatement")
    throw new Error("Cannot flatten: the factory returns nothing");
  last.argument = types.assignmentExpression("=", made, last.argument);
  kept.unshift(types.ifStatement(made, types.returnStatement(made)));
  factory.body.body = kept;
  program.body.splice(-1, 0, ...declared, statementOf("made$", null));
};

/** `isOwn`: whether a property's name is known to the bundle alone. */
export const flatten = (text, isOwn) => {
  const tree = parse(text, { sourceType: "script" });
  const program = tree.program;
  normalise(tree);
  const factory = factoryOf(program);
  while (
    unwrapBlocks(program) ||
    replaceAliases(program, factory) ||
    prune(program, factory) ||
    inlineCalls(program, factory) ||
    inlineShort(program, factory) ||
    scatterObjects(program, factory) ||
    dropParameters(program, factory) ||
    dropProperties(program, factory, isOwn)
  );
  hoist(program, factory);
  return generate(tree).code;
};
