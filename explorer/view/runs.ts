import { OperationTypeNode } from "graphql";

import { follow, type Transport } from "../model/live.js";
import { titleOf, type Operation, type Request } from "../model/operations.js";
import { run, variablesOf } from "../model/run.js";
import type { Session } from "../model/session.js";
import type { Happening } from "../model/walk.js";
import type { Entry, Tab } from "../model/workspace.js";
import { makeAnswer } from "./answer.js";
import { attempt } from "./dom.js";

type Parts = {
  readonly session: Session;
  /** The endpoint's full URL. */
  readonly url: string;
  readonly now: () => number;
  readonly later: (milliseconds: number, run: () => void) => () => void;
  /** Runs the operation of the visible tab again. */
  readonly again: () => void;
  /** Called after each run, for the history. */
  readonly ran: (entry: Entry) => void;
  readonly happened: (happening: Happening) => void;
  /** Called when a subscription has begun or ended. */
  readonly changed: () => void;
};

/** The last run of a tab. */
type Run = { readonly answer: ReturnType<typeof makeAnswer>; stop: () => void; isLive: boolean };

/** Makes the runs of all tabs, each with its answer. */
export function makeRuns({ session, url, now, later, again, ran, happened, changed }: Parts) {
  const runs = new Map<number, Run>();
  const renewAndRun = () =>
    void attempt(async () => {
      await session.renew();
      again();
    });
  const runOf = (tab: Tab): Run => {
    let found = runs.get(tab.id);
    if (found === undefined) {
      const answer = makeAnswer({ renewAndRun, stop: () => runs.get(tab.id)?.stop() });
      runs.set(tab.id, (found = { answer, stop: () => {}, isLive: false }));
    }
    return found;
  };
  const end = (one: Run) => {
    one.stop();
    one.isLive = false;
    changed();
  };

  const send = async (one: Run, request: Request, note: (status: string) => void) => {
    const control = new AbortController();
    one.stop = () => control.abort();
    one.answer.wait();
    try {
      const answer = await run(session, request, now, control.signal);
      one.answer.show(answer);
      note(String(answer.status));
      const { data } = (answer.json ?? {}) as { data?: unknown };
      happened({ kind: "answered", data, reason: (answer.refusal ?? answer.refusedBefore)?.reason });
    } catch (error) {
      if (!control.signal.aborted) one.answer.fail(`The server gave no answer: ${String(error)}`);
    }
  };
  const subscribe = (one: Run, request: Request, transport: Transport) => {
    one.answer.begin();
    one.isLive = true;
    const at = () => new Date(session.serverNow()).toISOString().slice(11, 23);
    const stop = follow({
      url,
      session,
      request,
      transport,
      later,
      tell: (line) => one.answer.line(line, at()),
      over() {
        // Another run may have replaced it.
        if (one.stop !== stop) return;
        one.answer.over();
        one.isLive = false;
        changed();
      },
    });
    one.stop = stop;
    changed();
  };

  return {
    answerOf: (tab: Tab) => runOf(tab).answer.element,
    isLive: ({ id }: Tab) => runs.get(id)?.isLive === true,
    close(tab: Tab) {
      end(runOf(tab));
      runs.delete(tab.id);
    },
    /** Runs an operation of a tab; the tab's current run is stopped. */
    async run(tab: Tab, operation: Operation | undefined, transport: Transport): Promise<void> {
      const one = runOf(tab);
      end(one);
      if (operation === undefined)
        return one.answer.fail("There is no operation to run, or the document can't be parsed.");
      const { document, variables } = tab;
      let values: Record<string, unknown>;
      try {
        values = variablesOf(variables);
      } catch (error) {
        return one.answer.fail(`Variables: ${(error as Error).message}`);
      }
      const { name } = operation;
      const request = { query: document, variables: values, ...(name !== undefined && { operationName: name }) };
      const note = (status: string) => ran({ document, variables, title: titleOf([operation]), at: now(), status });
      if (operation.kind !== OperationTypeNode.SUBSCRIPTION) return send(one, request, note);
      note("live");
      subscribe(one, request, transport);
    },
  };
}
