import { AgentError } from "../errors.ts";

const statuses: Readonly<Record<string, number>> = {
  InternalFailure: 500,
  RequestEntityTooLargeException: 413,
  ServiceUnavailableException: 503,
};

/** The refusal of a call: its code is the service's error name, its message the service's text. */
export const refusal = (name: string, message: string): AgentError => new AgentError(name, message);

/** A parameter the service does not take. */
export const invalidParameter = (message: string): AgentError =>
  refusal("InvalidParameterException", message);

/** A name that stands for nothing. */
export const notFound = (kind: "log group" | "log stream"): AgentError =>
  refusal("ResourceNotFoundException", `The specified ${kind} does not exist.`);

/** A name that is taken. */
export const alreadyExists = (kind: "log group" | "log stream"): AgentError =>
  refusal("ResourceAlreadyExistsException", `The specified ${kind} already exists`);

/** A continuation token this endpoint did not give out for such a call. */
export const invalidToken = (): AgentError =>
  invalidParameter("The specified nextToken is invalid.");

/** The HTTP status that goes with an error name: 400 but for the service's own faults. */
export const statusOf = (name: string): number => statuses[name] ?? 400;
