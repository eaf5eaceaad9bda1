import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentError, messageOf } from "../errors.ts";
import type { Action, ActionContext } from "./actions/action.ts";
import { actions } from "./actions/table.ts";
import type { Fault, FaultSource } from "./faults.ts";
import { type Bodies, parseBody, receiveBody, unpackBody } from "./receive.ts";
import { refusal, statusOf } from "./service-error.ts";
import type { Verifier } from "./verify.ts";

/** What the endpoint has seen since its start. */
export interface Tally {
  /** Calls with a good signature, by action. */
  calls: Record<string, number>;
  /** Answers with an error, by its name. */
  refusals: Record<string, number>;
  /** Events stored. */
  events: number;
}

/** What serving needs of its endpoint. */
export interface ServeOptions {
  verify: Verifier;
  faults: FaultSource;
  tally: Tally;
  nowMs: () => number;
  /** False: gzip bodies are taken for damaged JSON, as by a server that does not know them. */
  acceptGzip: boolean;
  bodies: Bodies;
  context: Omit<ActionContext, "nowMs">;
  /** Ends the waiting of calls that a fault holds back. */
  stopping: AbortSignal;
}

const targetPrefix = "Logs_20140328.";

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};

const targetOf = (request: IncomingMessage): { name: string; action: Action } => {
  const target = String(request.headers["x-amz-target"] ?? "");
  const isJson = String(request.headers["content-type"]).startsWith("application/x-amz-json-1.1");
  const name = target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : "";
  const action = actions.get(name);
  if (request.method === "POST" && isJson && action) return { name, action };
  throw refusal("UnknownOperationException", `The operation '${target}' is not known`);
};

interface Reply {
  status: number;
  body: string;
  errorName?: string;
}

const errorReply = (name: string, message: string, status = statusOf(name)): Reply => ({
  status,
  body: JSON.stringify({ __type: name, message }),
  errorName: name,
});

const replyOfError = (thrown: unknown): Reply =>
  thrown instanceof AgentError
    ? errorReply(thrown.code, thrown.message)
    : errorReply("InternalFailure", messageOf(thrown));

const applyWith = async (
  fault: Fault | undefined,
  signal: AbortSignal,
  act: { apply: (extraVisibilityMs: number) => Promise<Reply>; cut: () => void },
): Promise<Reply> => {
  if (!fault) return act.apply(0);
  if (fault.kind === "error") return errorReply(fault.name, fault.message, fault.status);
  if (fault.kind === "apply-late") {
    if (fault.isCut) act.cut();
    await sleep(fault.delayMs, undefined, { signal });
  }
  if (fault.kind === "cut-before") {
    act.cut();
    return { status: 0, body: "" };
  }
  const reply = await act.apply(fault.kind === "show-late" ? fault.delayMs : 0).catch(replyOfError);
  if (fault.kind === "cut-after") act.cut();
  if (fault.kind === "delay") await sleep(fault.delayMs, undefined, { signal });
  return reply;
};

const perform = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
): Promise<Reply> => {
  const sent = await receiveBody(request, response, options.bodies);
  const { name, action } = targetOf(request);
  const { method = "", url: target = "", headers, headersDistinct } = request;
  const nowMs = Math.floor(options.nowMs());
  options.verify({ method, target, headers: headersDistinct, body: sent }, nowMs);
  count(options.tally.calls, name);
  const apply = async (extraVisibilityMs: number): Promise<Reply> => {
    const encoding = options.acceptGzip ? headers["content-encoding"] : undefined;
    const input = parseBody(await unpackBody(sent, encoding));
    const { visibilityDelayMs } = options.context;
    const answer = await action(input, {
      ...options.context,
      nowMs: Math.floor(options.nowMs()),
      visibilityDelayMs: () => visibilityDelayMs() + extraVisibilityMs,
    });
    return { status: 200, body: answer === undefined ? "" : JSON.stringify(answer) };
  };
  const fault = options.faults.draw(name, nowMs);
  return applyWith(fault, options.stopping, { apply, cut: () => request.socket.destroy() });
};

const send = (response: ServerResponse, reply: Reply, nowMs: number): void => {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    "x-amzn-requestid": randomUUID(),
    "content-type": "application/x-amz-json-1.1",
    "content-length": body.length,
    date: new Date(nowMs).toUTCString(),
  });
  response.end(body);
};

/** Answers one request; never rejects. */
export const serve = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
): Promise<void> => {
  const reply = await perform(request, response, options).catch(replyOfError);
  if (reply.errorName !== undefined) count(options.tally.refusals, reply.errorName);
  if (!request.complete) response.shouldKeepAlive = false;
  if (!request.socket.destroyed) send(response, reply, options.nowMs());
};
