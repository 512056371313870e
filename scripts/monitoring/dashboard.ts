import {
  BigValueGraphMode,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VizTooltipOptionsBuilder,
  type DataSourceRef,
} from "@grafana/grafana-foundation-sdk/common";
import {
  AnnotationQueryBuilder,
  DashboardCursorSync,
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as NumberBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as LinesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

import { panels, type Panel } from "./panels.js";

// The reader chooses the Prometheus; the file names none.
const source: DataSourceRef = { type: "prometheus", uid: "${datasource}" };

const columns = 24;

const number = () =>
  new NumberBuilder()
    .height(4)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
const drawing = () =>
  new LinesBuilder()
    .height(8)
    .fillOpacity(10)
    .min(0)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));

function panelOf(id: number, { title, says, unit, lines, isNumber }: Panel, span: number) {
  const panel = isNumber === true ? number() : drawing();
  panel.id(id).title(title).description(says).datasource(source).unit(unit).span(span);
  for (const [index, [legend, expression]] of Object.entries(lines).entries())
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCodePoint("A".codePointAt(0)! + index))
        .datasource(source)
        .expr(expression)
        .legendFormat(legend),
    );
  return panel;
}

/** Returns the dashboard in the format that Grafana imports. */
export function dashboard(): string {
  const builder = new DashboardBuilder("Postern")
    .uid("postern")
    .description("Printed by npm run settings from scripts/monitoring/panels.ts.")
    .tags(["postern"])
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"))
    .withVariable(
      new QueryVariableBuilder("instance")
        .label("Server")
        .datasource(source)
        .query({ query: "label_values(postern_build_info, instance)", refId: "instance" })
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue(".*")
        .current({ text: "All", value: "$__all", selected: true }),
    )
    .annotation(
      new AnnotationQueryBuilder()
        .name("Alerts")
        .datasource(source)
        .enable(true)
        .iconColor("red")
        .expr('ALERTS{alertname=~"Postern.+",alertstate="firing"}')
        .titleFormat("{{alertname}}"),
    );
  let id = 0;
  for (const [title, inRow] of Object.entries(panels)) {
    builder.withRow(new RowBuilder(title).id((id += 1)));
    const numbers = inRow.filter(({ isNumber }) => isNumber).length;
    const drawn = inRow.length - numbers;
    const perLine = drawn % 3 === 0 ? 3 : 2;
    for (const panel of inRow)
      builder.withPanel(panelOf((id += 1), panel, columns / (panel.isNumber === true ? numbers : perLine)));
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}
