import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import type { Attempt } from "../../agent/cloudwatch/faults.ts";
import type { Clockwork } from "./clockwork.ts";
import type { Cloud, CloudAnswer } from "./cloud.ts";
import type { Dice } from "./dice.ts";
import type { Faults } from "./faults.ts";

/** The way to the simulated service, and how the service is that day. */
export interface CloudWay {
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
  cloud: Cloud;
  /** The service's clock, epoch ms. */
  epochMs(): number;
  tell(what: string): void;
}

/** The client of one agent process. */
export interface ClientOptions extends CloudWay {
  isAlive(): boolean;
  /** Something of the process comes to a point where it waits. */
  touch(): void;
  /** The machine's clock, epoch ms. */
  localEpochMs(): number;
}

const answered = (answer: CloudAnswer): Attempt =>
  answer.ok
    ? { kind: "response", statuscode: 200, headers: {}, body: JSON.stringify(answer.body) }
    : refused(answer.name, answer.message, 400);

const refused = (name: string, message: string, statuscode: number): Attempt => ({
  kind: "response",
  statuscode,
  headers: {},
  body: JSON.stringify({ __type: name, message }),
});

const noResponse: Attempt = { kind: "noResponse", error: "no answer" };

const wordsOfAnswer = (attempt: Attempt): string =>
  attempt.kind === "response" ? `${attempt.statuscode} ${attempt.body.slice(0, 90)}` : attempt.kind;

const wordsOf = (action: string, params: Record<string, unknown>): string => {
  const events = params.logEvents as { timestamp: number; message: string }[] | undefined;
  const what =
    events === undefined
      ? ""
      : `, ${events.length} events from ${events[0]?.timestamp} ${events[0]?.message}`;
  return `${action} on ${params.logStreamName ?? params.logGroupName}${what}`;
};

/** How long the client waits for an answer. */
const patienceMs = 30_000;

/** One call of an action: when it is applied, if it is, and when which answer comes. */
interface Course {
  applyAfterMs: number | null;
  visibleMs: number;
  answerAfterMs: number;
  /** Of the service's own accord; null for what applying it gives. */
  answer: Attempt | null;
}

const plainCourse = ({ dice }: CloudWay): Course => {
  const tripMs = dice.between(5, 120);
  return { applyAfterMs: tripMs, visibleMs: 0, answerAfterMs: 2 * tripMs, answer: null };
};

/** How one call goes. */
const courseOf = (way: CloudWay, action: string): Course => {
  const { dice, faults } = way;
  const course = plainCourse(way);
  const isRefused = (name: string, message: string, status: number): Course => ({
    ...course,
    applyAfterMs: null,
    answer: refused(name, message, status),
  });
  if (faults.strikes("throttled")) return isRefused("ThrottlingException", "Rate exceeded", 400);
  if (faults.strikes("unavailable")) return isRefused("ServiceUnavailableException", "", 503);
  if (faults.strikes("denied")) return isRefused("AccessDeniedException", "not authorized", 400);
  if (action === "PutLogEvents" && faults.strikes("lateVisibility")) {
    course.visibleMs = dice.spread(100, 120_000);
  }
  if (faults.strikes("slowAnswer")) course.answerAfterMs = dice.spread(500, 60_000);
  const late = { ...course, answer: noResponse, answerAfterMs: dice.spread(500, patienceMs) };
  if (faults.strikes("lostCall")) return { ...late, applyAfterMs: null };
  if (faults.strikes("lostAnswer")) return late;
  if (faults.strikes("lateApply")) return { ...late, applyAfterMs: dice.spread(1_000, 200_000) };
  if (faults.strikes("failedAnswer")) {
    const answer = refused("InternalFailure", "", 500);
    return { ...course, answer, applyAfterMs: dice.chance(0.5) ? course.applyAfterMs : null };
  }
  return course;
};

/** A client of the real class, whose calls end in the simulated service. */
export class CloudClient extends AWSCloudWatchLogs {
  readonly #options: ClientOptions;
  #offsetMs: number | undefined;

  constructor(options: ClientOptions) {
    super("us-east-1", "AKIDWORLD", "secret", { environment: {} });
    this.#options = options;
  }

  override attempt(action: string, params: object): Promise<Attempt> {
    return this.#call(action, JSON.parse(JSON.stringify(params)));
  }

  override attemptEncoded(action: string, body: Uint8Array): Promise<Attempt> {
    return this.#call(action, JSON.parse(Buffer.from(body).toString()));
  }

  override clockOffsetMs(): number | undefined {
    return this.#offsetMs;
  }

  #call(action: string, params: Record<string, unknown>): Promise<Attempt> {
    const { clockwork, cloud, isAlive, tell, touch } = this.#options;
    if (!isAlive()) return new Promise(() => {});
    const course = courseOf(this.#options, action);
    const { applyAfterMs, visibleMs, answer } = course;
    const askedMs = clockwork.nowMs();
    let applied: Attempt | null = null;
    if (applyAfterMs !== null) {
      clockwork.after(applyAfterMs, () => {
        applied = answered(cloud.apply(action, params, { askedMs, visibleMs }));
        tell(`CloudWatch does ${wordsOf(action, params)}: ${wordsOfAnswer(applied)}`);
      });
    }
    touch();
    const isInTime = course.answerAfterMs <= patienceMs;
    return new Promise((resolve) => {
      clockwork.after(Math.min(course.answerAfterMs, patienceMs), () => {
        if (!isAlive()) return;
        const given = isInTime ? (answer ?? applied) : noResponse;
        tell(`the agent learns of ${action}: ${wordsOfAnswer(given ?? noResponse)}`);
        if (given?.kind === "response") this.#noteDate();
        resolve(given ?? noResponse);
        touch();
      });
    });
  }

  /** The service's `Date` has whole seconds. */
  #noteDate(): void {
    const { epochMs, localEpochMs } = this.#options;
    this.#offsetMs = Math.floor(epochMs() / 1_000) * 1_000 - localEpochMs();
  }
}
