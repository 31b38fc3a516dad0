import type { EpochMs } from '../domain/units.js';

/** The units that CloudWatch knows of those that we need (CloudWatch API Reference, MetricDatum). */
export type MetricUnit = 'Count' | 'Milliseconds';

/** One value of a metric; the value is null where there was nothing to measure. */
export interface Metric {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly value: number | null;
}

/** How metrics are written. */
export const METRIC_FORMATS = ['emf', 'plain', 'off'] as const;

/**
 * `emf`: CloudWatch makes metrics of the line. `plain`: the same line without what only CloudWatch reads, for CLS and others that query logs. `off`: no line.
 */
export type MetricFormat = (typeof METRIC_FORMATS)[number];

/** The namespace of our metrics in CloudWatch. */
export const NAMESPACE = 'docjob';

/** What a line of metrics says about its origin. */
export interface MetricOrigin {
  readonly now: EpochMs;
  /** The function as it is deployed: the only dimension, so that each metric costs once a function. */
  readonly functionName: string;
  readonly requestId: string;
}

/**
 * A line of the log that holds metrics, without its newline; undefined when they are off. Values stand at the top level under their names, where Logs Insights
 * and CLS index them. The embedded metric format is that of the CloudWatch User Guide, "Specification: Embedded metric format".
 */
export function metricsLine(
  metrics: readonly Metric[],
  format: MetricFormat,
  { now, functionName, requestId }: MetricOrigin,
): string | undefined {
  const known = metrics.flatMap(({ name, unit, value }) => (value === null ? [] : [{ name, unit, value }]));
  const line = {
    time: new Date(now).toISOString(),
    level: 'info',
    event: 'metrics',
    requestId,
    FunctionName: functionName,
    ...Object.fromEntries(known.map(({ name, value }) => [name, value])),
  };
  switch (format) {
    case 'off':
      return undefined;
    case 'plain':
      return JSON.stringify(line);
    case 'emf': {
      const Metrics = known.map(({ name, unit }) => ({ Name: name, Unit: unit }));
      const CloudWatchMetrics = [{ Namespace: NAMESPACE, Dimensions: [['FunctionName']], Metrics }];
      return JSON.stringify({ ...line, _aws: { Timestamp: now, CloudWatchMetrics } });
    }
  }
}
