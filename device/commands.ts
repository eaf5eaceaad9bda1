import { bootTag } from "../shared/boot-event.ts";
import { commandFormat, commandText } from "../shared/command-event.ts";
import type { Command } from "../shared/downlink.ts";
import { type Level, levels } from "../shared/event.ts";
import { commandedTags } from "../shared/limits.ts";
import { callWithin, cancelDeadline, createDeadline, type Deadline } from "./deadline.ts";
import type { Commanded, Leveled } from "./parts.ts";
import { infoRank } from "./rank.ts";
import type { Setup } from "./setup.ts";

/** A level that a command has set. */
interface CommandedLevel {
  command: Command;
  /** Null as long as the program has no logger for the tag. */
  target: Leveled | null;
  level: Level;
  /** What the program had there. */
  own: Level | null;
  /** Uptime at which it is over; Infinity for the rest of the boot. */
  untilMs: number;
}

/** What commands have done to a logger, made once the first one comes. */
interface Commands {
  setup: Setup;
  commanded: Commanded;
  lastId: number;
  levels: CommandedLevel[];
  deadline: Deadline | null;
}

/** No timer runs longer: engines count its milliseconds in 31 bits. */
const timerLimitMs = 86_400_000;

/** At `info`, or at `level` where that shows no `info`. */
const say = (state: Commands, command: Command, text: string, level: Level): void => {
  const rank = Math.max(infoRank, levels.indexOf(level));
  state.commanded.record(rank, bootTag, [commandFormat, command.id, text]);
};

/** Gives the level back, unless the program has set another meanwhile. */
const endLevel = (state: Commands, index: number): void => {
  const ended = state.levels[index] as CommandedLevel;
  const target = ended.target;
  state.levels.splice(index, 1);
  if (target && target.level === ended.level) target.level = ended.own;
};

const watchLevels = (state: Commands): void => {
  let untilMs = Infinity;
  for (let index = 0; index < state.levels.length; index++) {
    untilMs = Math.min(untilMs, (state.levels[index] as CommandedLevel).untilMs);
  }
  if (state.deadline) cancelDeadline(state.deadline);
  if (untilMs === Infinity) return;
  if (!state.deadline) {
    state.deadline = createDeadline(state.setup.platform, () => endLevels(state));
  }
  const leftMs = untilMs - state.setup.platform.uptimeMs();
  callWithin(state.deadline, Math.max(0, Math.min(timerLimitMs, leftMs)));
};

const endLevels = (state: Commands): void => {
  const nowMs = state.setup.platform.uptimeMs();
  for (let index = state.levels.length - 1; index >= 0; index--) {
    const over = state.levels[index] as CommandedLevel;
    if (over.untilMs > nowMs) continue;
    endLevel(state, index);
    const command = over.command;
    const now = { id: command.id, kind: command.kind, remainingMs: 0, value: 0, tag: command.tag };
    say(state, command, `over, ${commandText(now)}`, over.own || state.commanded.logger.level);
  }
  watchLevels(state);
};

/** Answers whether there was a place for it. */
const setLevel = (state: Commands, command: Command): boolean => {
  const level = levels[command.value - 1];
  let count = 0;
  if (command.value > 0 && !level) return false;
  for (let index = state.levels.length - 1; index >= 0; index--) {
    const tag = (state.levels[index] as CommandedLevel).command.tag;
    if (tag === command.tag) endLevel(state, index);
    else if (tag) count++;
  }
  if (level) {
    if (command.tag && count === commandedTags) return false;
    const target = command.tag
      ? state.commanded.tags[`$${command.tag}`] || null
      : state.commanded.logger;
    const untilMs =
      command.remainingMs > 0 ? state.setup.platform.uptimeMs() + command.remainingMs : Infinity;
    state.levels.push({ command, target, level, own: target ? target.level : null, untilMs });
    if (target) target.level = level;
  }
  watchLevels(state);
  return true;
};

/** Answers whether it could be done. */
const obey = (state: Commands, command: Command): boolean => {
  const kind = command.kind;
  if (kind === 0) return setLevel(state, command);
  if (kind === 2) {
    state.setup.platform.after(0, () => {
      try {
        if (state.commanded.onIdentify) state.commanded.onIdentify();
      } catch {}
    });
  }
  if (kind !== 3) return kind < 3;
  const journal = state.setup.journal;
  if (!journal) return false;
  if (!journal.setBudget) return false;
  journal.setBudget(command.value > 0 ? command.value - 1 : null);
  return true;
};

/** Lets a logger do what the agent commands. In few functions: a board pays each, used or not. */
export const addCommands = (setup: Setup, commanded: Commanded): void => {
  const tags = commanded.tags;
  let state: Commands | null = null;
  setup.onCommand = (command) => {
    if (!state) state = { setup, commanded, lastId: 0, levels: [], deadline: null };
    // An id that does not rise was seen before.
    if (command.id <= state.lastId) return;
    state.lastId = command.id;
    const isDone = obey(state, command);
    const target = tags[`$${command.tag}`] || commanded.logger;
    const level = command.kind > 0 ? "info" : levels[command.value - 1] || target.level;
    const text = commandText(command) + (isDone ? "" : ", not supported here");
    say(state, command, text, level || commanded.logger.level);
    commanded.flush();
  };
  setup.onTag = (name, target) => {
    for (let index = 0; state && index < state.levels.length; index++) {
      const set = state.levels[index] as CommandedLevel;
      if (set.command.tag !== name || !name) continue;
      set.target = target;
      target.level = set.level;
    }
  };
};
