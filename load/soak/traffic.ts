import { isErrorCode, statusOfCode } from "../../src/foundation/errors.js";
import { send, type Answer } from "../client.js";
import type { Clocks } from "./clocks.js";
import type { Findings } from "./findings.js";
import { operationSeconds, type Processes } from "./processes.js";
import type { Window, Windows } from "./windows.js";

export type Call = {
  /** The operation's name in the report: `createPost`. */
  readonly name: string;
  readonly query: string;
  readonly variables?: object;
  readonly token?: string | undefined;
  readonly address: string;
  readonly process: number;
  readonly writes?: boolean;
  /** Codes that the caller checks itself. */
  readonly judged?: readonly string[];
  /** Details for the report of a violation. */
  readonly about?: object;
};

/** An answer, with two times by the process's clock: its earliest possible start and its latest possible end. */
export type Reply = Answer & {
  /**
   * Whether the change was made. A broken connection or `SERVICE_UNAVAILABLE` may come after the COMMIT, `TIMEOUT`
   * never does.
   */
  readonly outcome: "done" | "refused" | "unknown";
};

/** Sends and counts all requests, and checks their answers against the faults at the time. */
export type Traffic = {
  readonly call: (call: Call) => Promise<Reply>;
  readonly windows: Windows;
  readonly codes: ReadonlyMap<string, number>;
  /** The number of answers after the time limit, which are allowed while COMMITs are held. */
  readonly late: () => number;
  /** The longest time between the end of a database fault and a refused request, by the kind of fault. */
  readonly lastRefusals: ReadonlyMap<string, number>;
};

// In addition to an operation's time limit, for a busy machine and the check of the token.
const patienceMilliseconds = 2000;

// Clocks are read in whole milliseconds.
const readingMilliseconds = 5;

// A younger request may still have been in the queue of the closed socket.
const acceptedAfterMilliseconds = 250;

export function makeTraffic(processes: Processes, clocks: Clocks, windows: Windows, findings: Findings): Traffic {
  const codes = new Map<string, number>();
  const lastRefusals = new Map<string, number>();
  let late = 0;

  const judge = (call: Call, answer: Answer): void => {
    const { code, status, sentAt, answeredAt } = answer;
    const met = windows.met(call.process, sentAt, answeredAt);
    const about = () => ({
      ...call.about,
      request: call.name,
      process: call.process,
      code,
      ...answer.details,
      sent: `${findings.secondsAt(sentAt)} s`,
      took: `${Math.round(answeredAt - sentAt)} ms`,
      faults: met.map((window) => wordsFor(window, findings)).join(", ") || "none",
    });
    const isDatabaseThere = met.every((window) => window.process !== undefined);
    const allows = (window: Window) =>
      window[call.writes ? "writes" : "reads"].includes(code) && !(isDatabaseThere && isCutShort(code, window, sentAt));
    if (code !== "ok" && call.judged?.includes(code) !== true) {
      const allowing = met.filter(allows);
      if (allowing.length === 0) findings.violation("an answer that nothing explains", about());
      for (const window of allowing) window.refusals += 1;
      // Requests sent during the fault say nothing about the time after it.
      if (allowing.length > 0 && allowing.every(({ end }) => end < sentAt)) noteRefusal(allowing.at(-1)!, sentAt);
    }
    if (isErrorCode(code) && status !== statusOfCode[code])
      findings.violation("a code with another status than its own", { ...about(), status });
    const limit = operationSeconds(call.process) * 1000 + patienceMilliseconds;
    if (answeredAt - sentAt <= limit) return;
    late += 1;
    const held = met.filter(({ holdsCommits }) => call.writes && holdsCommits).map(({ end }) => end);
    if (answeredAt > Math.max(...held) + patienceMilliseconds || held.length === 0)
      findings.violation("an answer after its time", about());
  };
  const noteRefusal = ({ kind, end }: Window, sentAt: number) =>
    lastRefusals.set(kind, Math.max(lastRefusals.get(kind) ?? 0, sentAt - end));

  return {
    windows,
    codes,
    lastRefusals,
    late: () => late,
    async call(call) {
      const { query, variables, token, address, process, name } = call;
      const answer = await send({ url: processes.url(process), query, variables, token, address });
      const counted = `${call.writes ? "writes" : "reads"} ${answer.code}`;
      codes.set(counted, (codes.get(counted) ?? 0) + 1);
      judge({ ...call, name }, answer);
      const { least, most } = clocks.range(process, answer.sentAt, answer.answeredAt);
      const sentAtTime = answer.sentAtTime + least;
      const answeredAtTime = answer.answeredAtTime + most;
      // If a clock isn't changed after all, the allowance for it would hide errors.
      const serverTime = Date.parse(String(answer.details["serverTime"]));
      if (serverTime < sentAtTime - readingMilliseconds || serverTime > answeredAtTime + readingMilliseconds)
        findings.violation("a process goes by another clock than its own", { process, ...answer.details, least, most });
      return { ...answer, sentAtTime, answeredAtTime, outcome: outcomeOf(answer.code) };
    },
  };
}

/** Reports whether a connection broke that a process had before it was asked to stop: it must finish running work. */
const isCutShort = (code: string, { isGraceful, begin }: Window, sentAt: number): boolean =>
  isGraceful === true && code === "closed" && sentAt < begin - acceptedAfterMilliseconds;

function outcomeOf(code: string): Reply["outcome"] {
  if (code === "ok") return "done";
  return ["SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR", "closed", "unanswered"].includes(code)
    ? "unknown"
    : "refused";
}

function wordsFor({ kind, begin, end, process }: Window, { secondsAt }: Findings): string {
  const where = process === undefined ? "" : ` of process ${process}`;
  return `${kind}${where} from ${secondsAt(begin)} to ${end === Infinity ? "now" : `${secondsAt(end)} s`}`;
}
