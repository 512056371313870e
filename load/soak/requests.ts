import { isErrorCode, statusOfCode } from "../../src/foundation/errors.js";
import { send, type Answer } from "../client.js";
import { documents } from "../documents.js";
import { countIn } from "../statistics.js";
import type { Clocks } from "./clocks.js";
import type { FaultWindow, FaultWindows } from "./fault-windows.js";
import { operationSeconds, type Processes } from "./processes.js";
import type { Violations } from "./violations.js";

export type SoakRequest = {
  readonly document: keyof typeof documents;
  readonly variables?: object;
  readonly token: string | undefined;
  readonly address: string;
  readonly process: number;
  /** Codes that the caller checks itself. */
  readonly checkedCodes?: readonly string[];
  /** Details for the report of a violation. */
  readonly about?: object;
};

const isWrite = ({ document }: SoakRequest) => documents[document].startsWith("mutation");

/** An answer, with two times by the process's clock: its earliest possible start and its latest possible end. */
export type Reply = Answer & {
  /**
   * Whether the change was made. A broken connection or `SERVICE_UNAVAILABLE` may come after the COMMIT, `TIMEOUT`
   * never does.
   */
  readonly outcome: "done" | "refused" | "unknown";
};

// In addition to an operation's time limit, for a busy machine and the check of the token.
const patienceMilliseconds = 2000;
// Clocks are read in whole milliseconds.
const readingMilliseconds = 5;
// A younger request may still have been in the queue of the closed socket.
const acceptedAfterMilliseconds = 250;

/** Sends and counts all requests, and checks their answers against the faults at the time. */
export class Requests {
  readonly codes = new Map<string, number>();
  /** The longest time between the end of a fault and a refused request, by the kind of fault. */
  readonly lastRefusals = new Map<string, number>();
  /** The number of answers after the time limit, which are allowed while COMMITs are held. */
  late = 0;

  constructor(
    private readonly processes: Processes,
    private readonly clocks: Clocks,
    private readonly windows: FaultWindows,
    private readonly violations: Violations,
  ) {}

  async send(request: SoakRequest): Promise<Reply> {
    const { document, process } = request;
    const { url } = this.processes.server(process);
    const answer = await send({ ...request, url, query: documents[document], ownConnection: true });
    countIn(this.codes, `${isWrite(request) ? "writes" : "reads"} ${answer.code}`);
    this.check(request, answer);
    const { least, most } = this.clocks.range(process, answer.sentAt, answer.answeredAt);
    const sentAtTime = answer.sentAtTime + least;
    const answeredAtTime = answer.answeredAtTime + most;
    // If a clock isn't changed after all, the allowance for it would hide errors.
    const serverTime = Date.parse(String(answer.details["serverTime"]));
    if (serverTime < sentAtTime - readingMilliseconds || serverTime > answeredAtTime + readingMilliseconds)
      this.violations.add("a process goes by another clock than its own", { process, ...answer.details, least, most });
    return { ...answer, sentAtTime, answeredAtTime, outcome: outcomeOf(answer.code) };
  }

  private check(request: SoakRequest, answer: Answer): void {
    const { process, checkedCodes = [] } = request;
    const kind = isWrite(request) ? "writes" : "reads";
    const { code, status, sentAt, answeredAt } = answer;
    const windows = this.windows.during(process, sentAt, answeredAt);
    const violate = (what: string) =>
      this.violations.add(what, {
        ...request.about,
        request: request.document,
        process,
        code,
        status,
        ...answer.details,
        sent: `${this.violations.secondsAt(sentAt)} s`,
        took: `${Math.round(answeredAt - sentAt)} ms`,
        faults: windows.map((window) => this.describe(window)).join(", ") || "none",
      });
    if (code !== "ok" && !checkedCodes.includes(code)) {
      const isDatabaseThere = windows.every((window) => window.process !== undefined);
      const allowing = windows.filter(
        (window) => window[kind].includes(code) && !(isDatabaseThere && isCutShort(code, window, sentAt)),
      );
      if (allowing.length === 0) violate("an answer that nothing explains");
      for (const window of allowing) window.refusals += 1;
      // Requests sent during the fault say nothing about the time after it.
      const last = allowing.at(-1);
      if (last !== undefined && allowing.every(({ end }) => end < sentAt))
        this.lastRefusals.set(last.kind, Math.max(this.lastRefusals.get(last.kind) ?? 0, sentAt - last.end));
    }
    if (isErrorCode(code) && status !== statusOfCode[code]) violate("a code with another status than its own");
    if (answeredAt - sentAt <= operationSeconds(process) * 1000 + patienceMilliseconds) return;
    this.late += 1;
    const held = windows.filter(({ holdsCommits }) => kind === "writes" && holdsCommits).map(({ end }) => end);
    if (held.length === 0 || answeredAt > Math.max(...held) + patienceMilliseconds) violate("an answer after its time");
  }

  private describe({ kind, begin, end, process }: FaultWindow): string {
    const where = process === undefined ? "" : ` of process ${process}`;
    const until = end === Infinity ? "now" : `${this.violations.secondsAt(end)} s`;
    return `${kind}${where} from ${this.violations.secondsAt(begin)} to ${until}`;
  }
}

/** Reports whether a connection broke that a process had before it was asked to stop: it must finish running work. */
const isCutShort = (code: string, { isGraceful, begin }: FaultWindow, sentAt: number): boolean =>
  isGraceful === true && code === "closed" && sentAt < begin - acceptedAfterMilliseconds;

function outcomeOf(code: string): Reply["outcome"] {
  if (code === "ok") return "done";
  return ["SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR", "closed", "unanswered"].includes(code)
    ? "unknown"
    : "refused";
}
