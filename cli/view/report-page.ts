import { epochMs, type EpochMs } from '../../lib/domain/units.js';
import { countText, counted, durationText, momentText } from './format.js';
import { htmlPage } from './frame.js';
import { foreign, markup, type Markup } from './markup.js';
import { barTable, type Bar } from './plots.js';
import { callsPlot, outcomesPlot, stalenessPlot, stalenessSizesPlot } from './report-plots.js';
import { REPORT_STYLE } from './report-style.js';
import type { FailureGroup, LogSummary, Tallies } from './summary.js';

/** What a report says beside its numbers. */
export interface ReportOptions {
  /** When it is written. */
  readonly now: EpochMs;
  /** What it is about, such as the name of a stage. */
  readonly title?: string;
}

/** What the runs of a period came to as a self-contained HTML page that loads nothing. Pure: the same arguments give the same page. */
export function reportPage(summary: LogSummary, { now, title = 'docjob' }: ReportOptions): string {
  const { period, lines } = summary;
  return htmlPage({
    title: `${title}: report`,
    style: REPORT_STYLE,
    imageSources: [],
    header: markup`<p class="eyebrow">${summary.runs === 1 ? 'Report on a run' : `Report on ${counted(summary.runs, 'run')}`}</p>
<h1>${foreign(title)}</h1>
<p class="soft">${period === undefined ? 'Nothing was logged.' : periodOf(period)}</p>`,
    main: markup`${notes(summary)}
<section aria-labelledby="glance"><h2 id="glance">At a glance</h2>${glance(summary)}</section>
<section aria-labelledby="outcomes"><h2 id="outcomes">Outcomes</h2>${outcomes(summary)}</section>
<section aria-labelledby="time"><h2 id="time">Over time</h2>${overTime(summary)}</section>
<section aria-labelledby="errors"><h2 id="errors">Errors</h2>${errors(summary)}</section>
<section aria-labelledby="dead"><h2 id="dead">Dead letters</h2>${deadLetters(summary)}</section>`,
    footer: markup`<p>Written by docjob on <time datetime="${new Date(now).toISOString()}">${momentText(now)}</time>, from ${counted(lines.used, 'line')} of its log (of ${counted(lines.read, 'line')} read).</p>`,
  });
}

function periodOf({ from, to }: { readonly from: EpochMs; readonly to: EpochMs }): Markup {
  const time = (moment: EpochMs): Markup =>
    markup`<time datetime="${new Date(moment).toISOString()}">${momentText(moment)}</time>`;
  return from === to ? time(from) : markup`${time(from)} to ${time(to)} (${durationText(to - from)})`;
}

function notes({ stopped, runs, deadLettersLogged, staleness, finished, lines }: LogSummary): Markup {
  const failed = stopped.get('failed') ?? 0;
  const texts = [
    ...(failed > 0 ? [`${counted(failed, 'run')} failed: see the errors below.`] : []),
    ...(deadLettersLogged > 0
      ? [`${counted(deadLettersLogged, 'job')} given up: see the dead letters below.`]
      : []),
    ...(runs === 0
      ? [
          `No run is in the ${counted(lines.read, 'line')} that were read: give the log of the poll function, at the level info.`,
        ]
      : []),
    ...(sum(finished) > 0 && staleness.count === 0
      ? ['No line says how stale a manifest was: this log is older than that, or CI gave no end times.']
      : []),
  ];
  return markup`<div class="notes">${texts.map((text, index) => markup`<p class="note${index === 0 && failed > 0 ? ' bad' : ''}">${text}</p>`)}</div>`;
}

function glance(summary: LogSummary): Markup {
  const { finished, incomplete, deadLettered, staleness, calls, retries, runs, stopped } = summary;
  const manifests = sum(finished);
  const dead = sum(deadLettered);
  const ci = calls.get('ci') ?? 0;
  const quantile = (share: number): string => {
    const value = staleness.quantile(share);
    return value === null ? '–' : durationText(value);
  };
  const number = (name: string, value: string, detail: string, isBad = false): Markup =>
    markup`<div><dt>${name}</dt><dd class="${isBad ? 'bad' : ''}">${value}</dd><dd>${detail}</dd></div>`;
  return markup`<dl class="numbers">${[
    number(
      'manifests',
      countText(manifests),
      incomplete === 0 ? 'all complete' : `${countText(incomplete)} incomplete`,
    ),
    number(
      'dead letters',
      countText(dead),
      dead === 0 ? 'none given up' : 'given up, with a reason',
      dead > 0,
    ),
    number('staleness, median', quantile(0.5), `19 of 20 within ${quantile(0.95)}`),
    number(
      'staleness, worst',
      staleness.count === 0 ? '–' : durationText(staleness.most),
      'from a job’s end to its manifest',
    ),
    number(
      'CI calls a job',
      manifests + dead === 0 ? '–' : (ci / (manifests + dead)).toFixed(2),
      `${countText(ci)} calls, ${countText(retries)} retries`,
    ),
    number('runs', countText(runs), failedText(stopped), (stopped.get('failed') ?? 0) > 0),
  ]}</dl>`;
}

function failedText(stopped: Tallies): string {
  const failed = stopped.get('failed') ?? 0;
  return failed === 0 ? 'none failed' : `${countText(failed)} failed`;
}

function outcomes({ finished, deadLettered, waiting, returned, unsettled, stopped }: LogSummary): Markup {
  const tones: Readonly<Record<string, Bar['tone']>> = { Success: 'good', Failed: 'bad', Cancel: 'three' };
  const settled: Bar[] = [
    ...[...finished].map(([state, value]) => ({
      label: state,
      value,
      tone: tones[state] ?? 'one',
      note: 'manifest',
    })),
    ...[...deadLettered].map(([reason, value]) => ({
      label: reason,
      value,
      tone: 'four' as const,
      note: 'dead letter',
    })),
  ];
  const open: Bar[] = [
    { label: 'waiting', value: waiting, tone: 'one', note: 'looked at, due again later' },
    { label: 'returned', value: returned, tone: 'three', note: 'handed back without a look' },
    { label: 'unsettled', value: unsettled, tone: 'bad', note: 'the queue did not take the outcome' },
  ];
  const stops = [...stopped].map(([label, value]): Bar => ({
    label,
    value,
    tone: label === 'failed' ? 'bad' : 'one',
  }));
  const card = (title: string, note: string, bars: readonly Bar[]): Markup =>
    markup`<div class="card"><h3>${title}</h3><p class="soft">${note}</p>${bars.length === 0 ? markup`<p>None.</p>` : barTable(title, bars)}</div>`;
  return markup`<div class="two">${card('Jobs that are settled', 'Each job once.', settled)}<div class="stack">${[
    card('Looks that settled nothing', 'Each look: a job that waits is counted at every look.', open),
    card('Why runs ended', 'queue-empty is the good end: nothing was left to do.', stops),
  ]}</div></div>`;
}

function overTime(summary: LogSummary): Markup {
  if (summary.timeline.steps().length === 0) return markup`<p>Nothing was logged.</p>`;
  return markup`<div class="plots">${[outcomesPlot(summary), callsPlot(summary), ...(summary.staleness.count === 0 ? [] : [stalenessPlot(summary), stalenessSizesPlot(summary)])]}</div>`;
}

function errors({ failures, dispositions }: LogSummary): Markup {
  if (failures.length === 0 && dispositions.size === 0) return markup`<p>None.</p>`;
  const byMeaning = [...dispositions].map(([label, value]): Bar => ({
    label,
    value,
    tone: 'two',
    note: MEANINGS[label] ?? '',
  }));
  const rows = failures.map(failureRow);
  return markup`<div class="stack"><div class="card"><h3>Looks that failed, by what it means</h3>${byMeaning.length === 0 ? markup`<p>None.</p>` : barTable('Looks that failed, by what it means', byMeaning)}</div>
${rows.length === 0 ? undefined : markup`<div class="card list scroll" tabindex="0" role="group" aria-label="Table: errors by code"><h3>By code</h3><table><thead><tr><th scope="col">Code</th><th scope="col">Logged as</th><th scope="col">Times</th><th scope="col">Last</th><th scope="col">Last message</th><th scope="col">Request ID</th></tr></thead><tbody>${rows}</tbody></table></div>`}</div>`;
}

/** `Disposition` in a few words (docs/architecture.md, "Errors"). */
const MEANINGS: Readonly<Record<string, string>> = {
  transient: 'the network, a 5xx, an unreadable answer',
  throttled: 'the service asked for fewer requests',
  skewed: 'a clock or a signature was out of time',
  credentials: 'our identity is wrong: the run stopped',
  configuration: 'a bucket or an operation is closed to us',
  job: 'this one job only',
};

function failureRow({ count, last }: FailureGroup): Markup {
  return markup`<tr><th scope="row">${foreign(last.code)}</th><td>${last.event}</td><td class="number">${countText(count)}</td><td>${momentText(last.at)}</td><td class="text"><p>${last.message === undefined ? '–' : foreign(last.message)}</p></td><td class="id">${last.requestId ?? '–'}</td></tr>`;
}

function deadLetters({ deadLetters: letters, deadLettersLogged: logged }: LogSummary): Markup {
  if (letters.length === 0) return markup`<p>None.</p>`;
  const more =
    logged > letters.length
      ? markup`<p class="soft">The latest ${countText(letters.length)} of ${countText(logged)}.</p>`
      : undefined;
  const rows = letters.map(
    ({ at, name, bucket, reason, detail, requestId }) =>
      markup`<tr><th scope="row" class="id">${name}</th><td><span class="badge warn">${reason}</span></td><td class="text"><p>${detail === undefined ? '–' : foreign(detail)}</p>${bucket === undefined ? undefined : markup`<p class="soft">${foreign(bucket)}</p>`}</td><td>${momentText(epochMs(at))}</td><td class="id">${requestId ?? '–'}</td></tr>`,
  );
  return markup`${more}<div class="card list scroll" tabindex="0" role="group" aria-label="Table: dead letters"><table><thead><tr><th scope="col">Job</th><th scope="col">Reason</th><th scope="col">Detail</th><th scope="col">When</th><th scope="col">Request ID</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function sum(counts: Tallies): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
