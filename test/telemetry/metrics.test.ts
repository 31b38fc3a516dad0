import { expect, test } from '@jest/globals';
import { metricsLine, type Metric } from '../../lib/telemetry/metrics.js';
import { START } from '../support/virtual-clock.js';

const ORIGIN = { now: START, functionName: 'docjob-prod-poll', requestId: 'r1' };

const METRICS: readonly Metric[] = [
  { name: 'JobsFinished', unit: 'Count', value: 3 },
  { name: 'JobsWaiting', unit: 'Count', value: 0 },
  { name: 'OldestJobAge', unit: 'Milliseconds', value: null },
];

const PLAIN = {
  time: '2026-01-01T00:00:00.000Z',
  level: 'info',
  event: 'metrics',
  requestId: 'r1',
  FunctionName: 'docjob-prod-poll',
  JobsFinished: 3,
  JobsWaiting: 0,
};

const parsed = (line: string | undefined): unknown => (line === undefined ? undefined : JSON.parse(line));

test('a plain line holds each value that there is under its name, zeros too, and nothing for what was not measured', () => {
  expect(parsed(metricsLine(METRICS, 'plain', ORIGIN))).toEqual(PLAIN);
});

test('a line in the embedded metric format is the plain one with what CloudWatch makes metrics of', () => {
  const line = metricsLine(METRICS, 'emf', ORIGIN);
  expect(line).not.toContain('\n');
  expect(parsed(line)).toEqual({
    ...PLAIN,
    _aws: {
      Timestamp: START,
      CloudWatchMetrics: [
        {
          Namespace: 'docjob',
          Dimensions: [['FunctionName']],
          Metrics: [
            { Name: 'JobsFinished', Unit: 'Count' },
            { Name: 'JobsWaiting', Unit: 'Count' },
          ],
        },
      ],
    },
  });
});

test('metrics that are off are no line', () => {
  expect(metricsLine(METRICS, 'off', ORIGIN)).toBeUndefined();
});
