import { describe, expect, it, vi } from "vitest";
import { createAttempter } from "../../../agent/cloudwatch/attempt.ts";
import {
  type CredentialProvider,
  createCredentialSource,
} from "../../../agent/cloudwatch/credentials.ts";
import { createSigner } from "../../../agent/cloudwatch/sign.ts";
import type { Exchange, OutgoingRequest } from "../../../agent/cloudwatch/transport.ts";

const startMs = Date.UTC(2026, 7, 1, 12);

const respond = (
  statuscode: number,
  json: object,
  headers: Record<string, string> = {},
): Exchange => ({ kind: "response", statuscode, headers, body: JSON.stringify(json) });

const ok = respond(200, {});
const expired = respond(400, { __type: "ExpiredTokenException", message: "is expired" });
const unknownKey = respond(400, {
  __type: "UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
});
const skewed = (serverMs: number) =>
  respond(
    400,
    {
      __type: "InvalidSignatureException",
      message: "Signature expired: 20260801T120000Z is now earlier than 20260801T125500Z",
    },
    { date: new Date(serverMs).toUTCString() },
  );
const unreadable = respond(400, { __type: "SerializationException" });

const keys = { accessKeyId: "KEY", secretAccessKey: "secret" };

interface Setting {
  answers: Exchange[];
  provider?: CredentialProvider;
  isGzip?: boolean;
}

/** An attempter whose transport gives `answers` in turn, then `ok`. */
const startAttempter = ({ answers, provider, isGzip = true }: Setting) => {
  const sent: OutgoingRequest[] = [];
  const now = () => startMs;
  const attempter = createAttempter({
    endpoint: new URL("https://logs.eu-west-1.amazonaws.com/"),
    transport: {
      post: async (request) => {
        sent.push(request);
        return answers.shift() ?? ok;
      },
      close: async () => {},
    },
    signer: createSigner({ region: "eu-west-1" }),
    credentials: createCredentialSource(provider ? { provider, now } : { keys, now }),
    now,
    isGzip,
  });
  return { attempter, sent };
};

const small = Buffer.from('{"logGroupName":"g"}');
const large = Buffer.alloc(5_000, "log ");

const encodings = (sent: OutgoingRequest[]) =>
  sent.map(({ headers }) => headers["content-encoding"] ?? "plain");

describe("attempt", () => {
  it("is one request, signed, with the action as its target", async () => {
    const { attempter, sent } = startAttempter({ answers: [] });

    const attempt = await attempter.attempt("CreateLogGroup", small);

    expect(attempt).toEqual(ok);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      path: "/",
      body: small,
      headers: {
        host: "logs.eu-west-1.amazonaws.com",
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "Logs_20140328.CreateLogGroup",
        "x-amz-date": "20260801T120000Z",
      },
    });
  });

  it.each([
    ["a server fault", respond(500, {})],
    ["throttling", respond(400, { __type: "ThrottlingException", message: "Rate exceeded" })],
    ["no answer", { kind: "noResponse", error: "cut" } as const],
    ["no connection", { kind: "notSent", error: "refused" } as const],
  ])("is not repeated after %s", async (_what, exchange) => {
    const { attempter, sent } = startAttempter({ answers: [exchange] });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual(exchange);
    expect(sent).toHaveLength(1);
  });

  it("has not sent anything where there are no credentials", async () => {
    const provider = () => Promise.reject(new Error("nobody is logged in"));
    const { attempter, sent } = startAttempter({ answers: [], provider });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual({
      kind: "notSent",
      error: "Cannot get AWS credentials: nobody is logged in",
    });
    expect(sent).toHaveLength(0);
  });
});

describe("clock correction", () => {
  const aheadMs = startMs + 3_600_000;

  it("signs again, once, with the time the answer's Date says", async () => {
    const { attempter, sent } = startAttempter({ answers: [skewed(aheadMs)] });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual(ok);
    expect(sent.map(({ headers }) => headers["x-amz-date"])).toEqual([
      "20260801T120000Z",
      "20260801T130000Z",
    ]);
  });

  it("stays for the calls that follow", async () => {
    const { attempter, sent } = startAttempter({ answers: [skewed(aheadMs)] });
    await attempter.attempt("PutLogEvents", small);

    await attempter.attempt("PutLogEvents", small);

    expect(sent[2]?.headers["x-amz-date"]).toBe("20260801T130000Z");
  });

  it("is tried once where it does not help", async () => {
    const answers = [skewed(aheadMs), skewed(aheadMs), skewed(aheadMs)];
    const { attempter, sent } = startAttempter({ answers });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual(skewed(aheadMs));
    expect(sent).toHaveLength(2);
  });

  it("is not tried where the answer has no date", async () => {
    const undated = respond(400, { __type: "RequestTimeTooSkewed" });
    const { attempter, sent } = startAttempter({ answers: [undated] });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual(undated);
    expect(sent).toHaveLength(1);
  });

  it("is measured at each answer, though only applied on need", async () => {
    const dated = respond(200, {}, { date: new Date(startMs + 4_000).toUTCString() });
    const { attempter, sent } = startAttempter({ answers: [dated] });
    const before = attempter.clockOffsetMs();

    await attempter.attempt("PutLogEvents", small);
    await attempter.attempt("PutLogEvents", small);

    expect([before, attempter.clockOffsetMs()]).toEqual([undefined, 4_000]);
    expect(sent[1]?.headers["x-amz-date"]).toBe("20260801T120000Z");
  });
});

describe("credentials refresh", () => {
  const rotating = () => {
    let asked = 0;
    return vi.fn(async () => {
      asked += 1;
      return { accessKeyId: `KEY${asked}`, secretAccessKey: "secret" };
    });
  };

  it.each([
    ["expired", expired],
    ["unknown", unknownKey],
  ])("is made once where AWS calls them %s", async (_what, refused) => {
    const provider = rotating();
    const { attempter, sent } = startAttempter({ answers: [refused], provider });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual(ok);
    expect(
      sent.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? "")?.[1]),
    ).toEqual(["KEY1", "KEY2"]);
  });

  it("is not repeated where new ones are refused too", async () => {
    const provider = rotating();
    const { attempter, sent } = startAttempter({ answers: [expired, expired, expired], provider });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual(expired);
    expect(sent).toHaveLength(2);
    expect(provider).toHaveBeenCalledTimes(2);
  });

  it("is not tried with keys that were given", async () => {
    const { attempter, sent } = startAttempter({ answers: [expired] });

    const attempt = await attempter.attempt("PutLogEvents", small);

    expect(attempt).toEqual(expired);
    expect(sent).toHaveLength(1);
  });
});

describe("gzip", () => {
  it("is used where it makes a body smaller", async () => {
    const { attempter, sent } = startAttempter({ answers: [] });

    await attempter.attempt("PutLogEvents", large);
    await attempter.attempt("PutLogEvents", small);

    expect(encodings(sent)).toEqual(["gzip", "plain"]);
    expect(sent[0]?.body.length).toBeLessThan(500);
  });

  it("is not used where it is switched off", async () => {
    const { attempter, sent } = startAttempter({ answers: [], isGzip: false });

    await attempter.attempt("PutLogEvents", large);

    expect(encodings(sent)).toEqual(["plain"]);
  });

  it.each([
    ["415", respond(415, {})],
    ["a SerializationException", unreadable],
    ["a message about it", respond(400, { message: "Unsupported Content-Encoding: gzip" })],
  ])("is left off once a server refuses it with %s", async (_what, refused) => {
    const { attempter, sent } = startAttempter({ answers: [refused] });

    const attempt = await attempter.attempt("PutLogEvents", large);
    await attempter.attempt("PutLogEvents", large);

    expect(attempt).toEqual(ok);
    expect(encodings(sent)).toEqual(["gzip", "plain", "plain"]);
  });

  it("stays on where the plain body is refused as well", async () => {
    const { attempter, sent } = startAttempter({ answers: [unreadable, unreadable] });

    const attempt = await attempter.attempt("PutLogEvents", large);
    await attempter.attempt("PutLogEvents", large);

    expect(attempt).toEqual(unreadable);
    expect(encodings(sent)).toEqual(["gzip", "plain", "gzip"]);
  });
});
