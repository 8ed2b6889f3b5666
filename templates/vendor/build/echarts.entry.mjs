// The parts of Apache ECharts that the page of a report draws with, as the global `echarts`; nothing else leaks.
import { use } from "echarts/core";
import { BarChart, HeatmapChart, LineChart, MapChart, SankeyChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  BrushComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  MarkPointComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart, HeatmapChart, LineChart, MapChart, SankeyChart, ScatterChart,
  AriaComponent, BrushComponent, DataZoomComponent, GridComponent, LegendComponent,
  MarkAreaComponent, MarkLineComponent, MarkPointComponent,
  TitleComponent, TooltipComponent, VisualMapComponent,
  LabelLayout, CanvasRenderer,
]);

export { color, connect, disconnect, dispose, format, getInstanceByDom, graphic, init, registerMap, registerTheme, version } from "echarts/core";
