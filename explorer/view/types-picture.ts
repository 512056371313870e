import type { GraphQLSchema } from "graphql";

import { boxWidth, headHeight, picture, rowHeight, rowsOf, type Box, type Edge } from "../model/schema-index.js";
import { h, s } from "./dom.js";

const margin = 16;
const bend = 45;

/** Makes the picture of the types that can be reached from a root. A click on one opens its documentation. */
export function makeTypesPicture(showDocs: (type: string) => void) {
  const root = h("select", { "aria-label": "Types reached from" });
  const place = h("div", {
    class: "picture scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "Picture of the types",
  });
  const element = h(
    "div",
    { class: "picture-view" },
    h("div", { class: "toolbar" }, h("label", {}, "Reached from ", root)),
    place,
  );
  let schema: GraphQLSchema | undefined;
  root.addEventListener("change", () => draw());

  const draw = () => {
    if (schema === undefined) return;
    const { boxes, edges } = picture(schema, root.value);
    const width = Math.max(...boxes.map(({ x }) => x)) + boxWidth + 2 * margin;
    const height = Math.max(...boxes.map((box) => box.y + box.height)) + 2 * margin;
    place.replaceChildren(
      s(
        "svg",
        {
          viewBox: `${-margin} ${-margin} ${width} ${height}`,
          width,
          height,
          role: "group",
          "aria-label": `Types from ${root.value}`,
        },
        ...edges.map(line),
        ...boxes.map(box),
      ),
    );
  };
  const box = ({ type, x, y, height }: Box) => {
    const open = () => showDocs(type.name);
    const head = s(
      "g",
      { class: "head", tabindex: 0, role: "link" },
      s("rect", { width: boxWidth, height: headHeight, rx: 6 }),
      s("text", { class: "name", x: 10, y: 19 }, type.name),
    );
    const made = s(
      "g",
      { class: "box", transform: `translate(${x} ${y})` },
      s("rect", { width: boxWidth, height, rx: 6 }),
      head,
      s("line", { x1: 0, x2: boxWidth, y1: headHeight, y2: headHeight }),
      ...rowsOf(type).flatMap(({ name, label }, row) => {
        const at = headHeight + (row + 0.5) * rowHeight + 4;
        return [
          s("text", { x: 10, y: at }, name),
          s(
            "text",
            { class: "type", x: boxWidth - 10, y: at, "text-anchor": "end" },
            shortened(label, 26 - name.length),
          ),
        ];
      }),
    );
    made.addEventListener("click", open);
    head.addEventListener("keydown", ({ key }) => key === "Enter" && open());
    return made;
  };
  return {
    element,
    useSchema(given: GraphQLSchema) {
      schema = given;
      const roots = [given.getQueryType(), given.getMutationType(), given.getSubscriptionType()];
      root.replaceChildren(
        ...roots.filter((type) => type != null).map(({ name }) => h("option", { value: name }, name)),
      );
      draw();
    },
  };
}

const shortened = (text: string, length: number) =>
  text.length <= length ? text : `${text.slice(0, Math.max(1, length - 1))}…`;

/** Draws the line from a field to its type. */
function line({ from, row, to }: Edge): SVGPathElement {
  const y = from.y + headHeight + (row + 0.5) * rowHeight;
  const target = to.y + headHeight / 2;
  const isBack = to.x <= from.x;
  // From the nearer side; within a column, around its right side.
  const [start, end] = [from.x + (to.x < from.x ? 0 : boxWidth), to.x + (isBack ? boxWidth : 0)];
  const [leave, arrive] = [start + (to.x < from.x ? -bend : bend), end + (isBack ? bend : -bend)];
  return s("path", {
    class: isBack ? "edge back" : "edge",
    d: `M${start} ${y} C${leave} ${y} ${arrive} ${target} ${end} ${target}`,
  });
}
