import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import type { Attempt } from "../../agent/cloudwatch/faults.ts";

/** One call, as it was asked for. */
export interface FakeCall {
  action: string;
  params: Record<string, unknown>;
}

/** An answer of the service: success, or an error by its name. */
export const answerOf = (body: object = {}, statuscode = 200): Attempt => ({
  kind: "response",
  statuscode,
  headers: {},
  body: JSON.stringify(body),
});

export const errorOf = (name: string, message = "", statuscode = 400): Attempt =>
  answerOf({ __type: name, message }, statuscode);

/** A client that calls nobody: `respond` answers. */
export class FakeCloudWatch extends AWSCloudWatchLogs {
  readonly calls: FakeCall[] = [];
  respond: (call: FakeCall) => Attempt | Promise<Attempt>;

  constructor(respond: (call: FakeCall) => Attempt | Promise<Attempt> = () => answerOf()) {
    super("us-east-1", "AKIDFAKE", "secret", { environment: {} });
    this.respond = respond;
  }

  override async attempt(action: string, params: object): Promise<Attempt> {
    const call = { action, params: params as Record<string, unknown> };
    this.calls.push(call);
    return this.respond(call);
  }

  override attemptEncoded(action: string, body: Uint8Array): Promise<Attempt> {
    return this.attempt(action, JSON.parse(Buffer.from(body).toString()));
  }

  actions(): string[] {
    return this.calls.map(({ action }) => action);
  }
}
