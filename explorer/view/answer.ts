import type { Line } from "../model/live.js";
import type { Answer } from "../model/run.js";
import type { Refusal } from "../model/refusal.js";
import { button, h, set } from "./dom.js";
import { makeReader } from "./editor.js";
import { makeLog } from "./log.js";
import { makeTabs } from "./tabs.js";

const size = (bytes: number) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} kB`);

/** Renders an instant, which must not break at its hyphens. */
const instant = (text: string) => h("span", { class: "instant" }, text);

/** Renders a refusal in words. */
function inWords({ reason, expiredAt, serverTime }: Refusal): readonly (Node | string)[] {
  if (expiredAt === undefined || serverTime === undefined) return [reason];
  return [`${reason}: the token ended at `, instant(expiredAt), ", and the server’s clock said ", instant(serverTime)];
}

/** Makes the panel that shows the last run: an answer, or the events of a subscription. */
export function makeAnswer({ renewAndRun, stop }: { readonly renewAndRun: () => void; readonly stop: () => void }) {
  const status = h("output", { class: "answer-status" }, "Nothing has been run yet");
  const before = h("p", { class: "notice" });
  const refused = h("span", {});
  const renew = button("Renew and run again", renewAndRun);
  const notice = h("p", { class: "notice bad", role: "alert" }, refused, renew);
  const reader = makeReader({ label: "Answer" });
  const headers = h("dl", { class: "claims" });
  const tabs = makeTabs("Answer", [
    { id: "body", label: "Body", content: reader.element },
    { id: "headers", label: "Headers", content: h("div", { class: "scroll", tabindex: 0 }, headers) },
  ]);
  const log = makeLog();
  const stopButton = button("Stop", stop);
  const single = h("div", { class: "single" }, before, notice, tabs.body);
  const head = h("div", { class: "toolbar" }, status, stopButton, tabs.list);
  const element = h("section", { class: "answer", "aria-label": "Answer" }, head, single, log.element);
  const showLog = (isLive: boolean) => {
    single.hidden = isLive;
    tabs.list.hidden = isLive;
    log.element.hidden = !isLive;
    stopButton.hidden = !isLive;
  };
  showLog(false);
  before.hidden = true;
  notice.hidden = true;

  return {
    element,
    wait() {
      showLog(false);
      status.textContent = "…";
    },
    show(answer: Answer) {
      showLog(false);
      const { status: code, statusText, milliseconds, bytes, refusal, refusedBefore } = answer;
      status.textContent = `${code} ${statusText} · ${Math.round(milliseconds)} ms · ${size(bytes)}`;
      set(status, { "data-bad": code >= 400 });
      before.hidden = refusedBefore === undefined;
      if (refusedBefore !== undefined)
        before.replaceChildren(
          "401 ",
          ...inWords(refusedBefore),
          ". The session was renewed, and the request sent again.",
        );
      notice.hidden = refusal === undefined;
      if (refusal !== undefined) refused.replaceChildren(...inWords(refusal));
      renew.hidden = refusal?.reason !== "TOKEN_EXPIRED";
      reader.setText(answer.text);
      headers.replaceChildren(...answer.headers.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
    },
    fail(message: string) {
      showLog(false);
      status.textContent = "No answer";
      set(status, { "data-bad": true });
      before.hidden = true;
      notice.hidden = true;
      reader.setText(message);
      headers.replaceChildren();
    },
    /** Begins the log of a subscription. */
    begin() {
      showLog(true);
      log.clear();
      stopButton.disabled = false;
      status.textContent = "Subscribed";
      set(status, { "data-bad": false });
    },
    line: (line: Line, at: string) => log.add(line, at),
    over() {
      stopButton.disabled = true;
      status.textContent = "The subscription is over";
    },
  };
}
