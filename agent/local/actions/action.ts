import type { Store } from "../store/store.ts";
import { checkInput, type StructureRule } from "../validate.ts";

/** What an action may use. */
export interface ActionContext {
  store: Store;
  nowMs: number;
  region: string;
  accountId: string;
  /** How long events of this call stay hidden from readers. */
  visibilityDelayMs: () => number;
  /** Counts events that were stored. */
  countEvents: (count: number) => void;
}

/** What the service answers with; undefined is an empty body. */
export type Answer = object | undefined;

/** One action of the service, ready for any input. */
export type Action = (input: unknown, context: ActionContext) => Answer | Promise<Answer>;

/** Joins an action's input rule and what it does with an input that keeps the rule. */
export const defineAction =
  <Input>(
    rule: StructureRule,
    perform: (input: Input, context: ActionContext) => Answer | Promise<Answer>,
  ): Action =>
  (input, context) => {
    checkInput(input, rule);
    return perform(input as Input, context);
  };
