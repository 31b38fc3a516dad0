import type { FunctionDefinition } from '../../functions/function-definition.js';
import { physicalName } from './names.js';
import type { AwsSettings } from './settings.js';
import { sub, type Resources } from './template.js';

/** CloudWatch's grid is 24 wide; two widgets stand side by side. */
const WIDTH = 12;
const HEIGHT = 6;

type Widget = Readonly<Record<string, unknown>>;

/** What to look at first when an alarm comes: the queues, the functions, and what the runs report. */
export function dashboard(settings: AwsSettings, functions: readonly FunctionDefinition[]): Resources {
  const { stage } = settings;
  const pending = physicalName(stage, 'pending');
  const deadLetters = physicalName(stage, 'dead-letters');
  const widgets: readonly Widget[] = [
    metrics('Pending jobs', 'Maximum', [
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', pending, { label: 'due' }],
      [
        'AWS/SQS',
        'ApproximateNumberOfMessagesNotVisible',
        'QueueName',
        pending,
        { label: 'due later, or in a run' },
      ],
      [
        'AWS/SQS',
        'ApproximateNumberOfMessagesDelayed',
        'QueueName',
        pending,
        { label: 'before their first look' },
      ],
    ]),
    metrics('Dead letters, and the longest wait for a look (s)', 'Maximum', [
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', deadLetters, { label: 'dead letters' }],
      [
        'AWS/SQS',
        'ApproximateAgeOfOldestMessage',
        'QueueName',
        pending,
        { label: 'longest wait', yAxis: 'right' },
      ],
    ]),
    ...functions.flatMap(({ name }) => {
      const functionName = physicalName(stage, name);
      const of = (metric: string, options: object = {}) => [
        'AWS/Lambda',
        metric,
        'FunctionName',
        functionName,
        options,
      ];
      return [
        metrics(`${name}: calls`, 'Sum', [of('Invocations'), of('Errors'), of('Throttles')]),
        metrics(`${name}: duration and concurrency`, 'Maximum', [
          of('Duration'),
          of('ConcurrentExecutions', { yAxis: 'right' }),
        ]),
      ];
    }),
    ...functions
      .filter(({ trigger }) => trigger.kind === 'timer')
      .flatMap(({ name }) => runReports(physicalName(stage, name))),
  ];
  const placed = widgets.map((widget, index) => ({
    x: (index % 2) * WIDTH,
    y: Math.floor(index / 2) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    ...widget,
  }));
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: physicalName(stage, 'overview'),
        DashboardBody: sub(JSON.stringify({ widgets: placed })),
      },
    },
  };
}

function metrics(title: string, stat: string, lines: readonly unknown[]): Widget {
  return {
    type: 'metric',
    properties: { title, stat, period: 60, region: '${AWS::Region}', view: 'timeSeries', metrics: lines },
  };
}

/** From the log: `lib/poller/report.ts`. */
function runReports(functionName: string): readonly Widget[] {
  return [
    logs(functionName, 'What runs did', [
      "filter event = 'run-finished'",
      'stats sum(report.leased) as leased, sum(report.finished.Success) as succeeded, sum(report.finished.Failed) as failed, ' +
        'sum(report.waiting) as waiting, sum(report.returned) as returned, sum(report.unsettled) as unsettled by bin(5m)',
    ]),
    logs(functionName, 'What went wrong lately', [
      "filter level in ['warn', 'error']",
      'fields @timestamp, event, jobId, bucket, reason, message, problem, detail, serviceRequestId',
      'sort @timestamp desc',
      'limit 50',
    ]),
  ];
}

function logs(functionName: string, title: string, query: readonly string[]): Widget {
  const source = `SOURCE '/aws/lambda/${functionName}'`;
  return {
    type: 'log',
    properties: { title, region: '${AWS::Region}', view: 'table', query: [source, ...query].join(' | ') },
  };
}
