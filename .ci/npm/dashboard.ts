// The strict type of a dashboard in Grafana's published schema: panels by type, each with its own options and fields, and no
// unknown fields. RealParsersTest writes `const dashboard: Provisioned = …the JSON…;` and compiles it with tsc.
import type { Dashboard, DashboardLink, Panel, RowPanel, VariableModel } from '@grafana/schema';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as logs from '@grafana/schema/dist/esm/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen';
import type * as nodeGraph from '@grafana/schema/dist/esm/raw/composable/nodegraph/panelcfg/x/NodeGraphPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** JSON has no enums: a value stands for its member. */
type Json<T> = T extends string ? `${T}` : T extends (infer Item)[] ? Json<Item>[] : T extends object ? { [Name in keyof T]: Json<T[Name]> } : T;

/** A panel's link: the schema has defaults for all other fields. */
type Link = Pick<DashboardLink, 'title' | 'url'> & Partial<DashboardLink>;

type Of<Type extends string, Options, Custom> = Omit<Panel, 'type' | 'links' | 'options' | 'fieldConfig'> & {
  type: Type;
  links: Link[];
  options: Options;
  fieldConfig: Omit<NonNullable<Panel['fieldConfig']>, 'defaults'> & {
    defaults: Omit<NonNullable<Panel['fieldConfig']>['defaults'], 'custom'> & { custom?: Custom };
  };
};

type Panels =
  | Of<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Of<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | Of<'table', table.Options, table.FieldConfig>
  | Of<'logs', logs.Options, never>
  | Of<'nodeGraph', nodeGraph.Options, never>
  | (RowPanel & { type: 'row' });

export type Provisioned = Json<Omit<Dashboard, 'panels' | 'templating'> & { panels: Panels[]; templating: { list: VariableModel[] } }>;
