/**
 * A failure the agent names. Branch on `code`, which is stable; the message is for people: it says
 * what failed, quotes the value, and says what to do.
 */
export class AgentError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "AgentError";
    this.code = code;
  }
}

/** The text of anything thrown: an error's message, else the value as text. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
