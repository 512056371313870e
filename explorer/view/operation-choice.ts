import { OperationTypeNode } from "graphql";

import type { Transport } from "../model/live.js";
import { chosenOperation, operationsOf, type Operation } from "../model/operations.js";
import { h } from "./dom.js";

/** Makes the choice of the operation to run and of its transport. `show` follows the text and the cursor. */
export function makeOperationChoice(chosenName: () => string | undefined, choose: (name: string | undefined) => void) {
  const choice = h("select", { "aria-label": "Operation to run" });
  choice.addEventListener("change", () => choose(choice.value === "" ? undefined : choice.value));
  const transport = h(
    "select",
    { "aria-label": "Subscribe by" },
    h("option", { value: "socket" }, "Socket"),
    h("option", { value: "stream" }, "SSE"),
  );
  const chosen = (text: string, cursor: number): Operation | undefined =>
    chosenOperation(operationsOf(text), chosenName(), cursor);
  return {
    elements: [choice, transport],
    transport: () => transport.value as Transport,
    chosen,
    show(text: string, cursor: number) {
      const named = operationsOf(text).filter(({ name }) => name !== undefined);
      choice.replaceChildren(
        h("option", { value: "" }, "at cursor"),
        ...named.map(({ name }) => h("option", { value: name, selected: name === chosenName() }, name)),
      );
      choice.hidden = named.length < 2;
      transport.hidden = chosen(text, cursor)?.kind !== OperationTypeNode.SUBSCRIPTION;
    },
  };
}
