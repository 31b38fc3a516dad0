import pMap from 'p-map';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reportPage, summarizeLog, viewPage } from '../../cli/view/index.js';
import type { EpochMs } from '../../lib/domain/units.js';
import { readManifest } from '../../lib/manifest/index.js';
import { bucketOf, type Stage } from './stage.js';
import type { Submitted } from './submit.js';

/** The job that is shown: some of its pages failed. */
const SHOWN = 'pages that failed';

/**
 * Writes what there is to look at: a contact sheet of one job, whose pictures are in the page since the cloud that has them ends with the demo, and a
 * report on all runs.
 *
 * @returns the files; no sheet where its job has no manifest.
 */
export async function writePages(
  { cloud: { control } }: Stage,
  submitted: readonly Submitted[],
  lines: readonly string[],
  { folder, now }: { readonly folder: string; readonly now: EpochMs },
): Promise<{ readonly sheet: string | undefined; readonly report: string }> {
  const report = join(folder, 'report.html');
  // The documented answers tell of an end years ago.
  const old = submitted.flatMap(({ job, name }) =>
    job.kind === 'document' && job.script.documented !== undefined ? [name] : [],
  );
  const current = lines.filter((line) => !old.some((name) => line.includes(name)));
  const summary = await summarizeLog(chunksOf(current));
  await writeFile(report, reportPage(summary, { now, title: 'The demo' }));

  const shown = submitted.find(({ job }) => job.group === SHOWN);
  if (shown?.job.kind !== 'document') return { sheet: undefined, report };
  const bucket = bucketOf(shown.job.output);
  const bytes = await control.readObject(bucket, `manifests/${shown.name}.json`);
  if (bytes === undefined) return { sheet: undefined, report };
  const manifest = readManifest(bytes);
  const pictures = await pMap(
    manifest.pages,
    async ({ key }) => [key, await control.readObject(bucket, key)] as const,
    { concurrency: 8 },
  );
  const urls = new Map(
    pictures.flatMap(([key, picture]) =>
      picture === undefined ? [] : [[key, `data:image/png;base64,${picture.toString('base64')}`] as const],
    ),
  );
  const sheet = join(folder, 'view.html');
  await writeFile(
    sheet,
    viewPage(manifest, ({ key }) => urls.get(key), { now }),
  );
  return { sheet, report };
}

async function* chunksOf(lines: readonly string[]): AsyncGenerator<string> {
  await Promise.resolve();
  for (const line of lines) yield `${line}\n`;
}
