import { describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aCloud, child, ctrlC, DOCS, docjob, temporaryFolder, type Surround } from '../command-line.js';

interface Line {
  readonly object: string;
  readonly ok: boolean;
  readonly jobId?: string;
  readonly error?: { readonly code: string };
}

/** Lines of JSON, which are tested here. */
function linesOf(stdout: string): readonly Line[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

async function withDocuments(...objects: string[]): Promise<Surround> {
  const surround = await aCloud();
  for (const object of objects)
    await surround.cloud.control.putObject(DOCS.bucket, object, Buffer.from('x'), {});
  return surround;
}

/** Each once: where an answer is late, a message is sent again, since one too many is better than one too few. */
function pending({ cloud }: Surround): readonly string[] {
  return [...new Set(cloud.sqs.messages('pending').map(({ content }) => content.body))];
}

describe('docjob submit', () => {
  test('makes a job of each document and enqueues it', async () => {
    const surround = await withDocuments('a.docx', 'b.docx');
    const { code, stdout, stderr } = await child(['submit', 'a.docx', 'b.docx'], surround).ended;
    expect(code).toBe(0);
    expect(
      stdout
        .replace(/d\w{20,}/g, '<id>')
        .trimEnd()
        .split('\n')
        .sort(),
    ).toEqual(['submitted  <id>  a.docx', 'submitted  <id>  b.docx']);
    expect(stderr).toBe('2 of 2 documents submitted, 0 failed\n');
    expect(pending(surround)).toHaveLength(2);
  });

  test('takes keys and documents from a list and from standard input, with the options of the create call', async () => {
    const surround = await withDocuments('a.docx', 'b c.docx', 'plan.xlsx', 'd.pdf');
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'list.txt'), 'a.docx\r\n\nb c.docx\n');
    await writeFile(join(folder, 'password'), 'a secret\n');
    const options = [
      '--target-type',
      'png',
      '--image-dpi',
      '150',
      '--doc-password-file',
      'password',
      '--output-bucket',
      'pages-1250000000',
      '--output-region',
      'ap-shanghai',
    ];
    const { code, stdout } = await docjob(['submit', '-', '--from', 'list.txt', ...options, '--json'], {
      ...surround,
      cwd: folder,
      stdin:
        '{"object":"plan.xlsx","imageDpi":200,"output":{"object":"plans/${SheetID}/${Number}.png"}}\nd.pdf',
    });
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    expect(lines.map(({ object }) => object).sort()).toEqual(['a.docx', 'b c.docx', 'd.pdf', 'plan.xlsx']);
    const jobId = lines.find(({ object }) => object === 'plan.xlsx')?.jobId ?? '';
    const status = await docjob(['status', jobId, '--json'], surround);
    expect(JSON.parse(status.stdout)).toMatchObject({
      output: { bucket: 'pages-1250000000', region: 'ap-shanghai', object: 'plans/${SheetID}/${Number}.png' },
    });
  });

  test('ends with 1 where a document fails, having done the others', async () => {
    const surround = await withDocuments('a.docx');
    const { code, stdout } = await docjob(
      ['submit', 'a.docx', '{"object":"b.docx","zoom":5}', '--json'],
      surround,
    );
    expect(code).toBe(1);
    expect(linesOf(stdout).map(({ object, ok, error }) => [object, ok, error?.code])).toEqual(
      expect.arrayContaining([
        ['a.docx', true, undefined],
        ['b.docx', false, 'bad-document'],
      ]),
    );
    expect(pending(surround)).toHaveLength(1);
  });

  test('ends with 4 where the key is refused, and says so at each document', async () => {
    const surround = await withDocuments('a.docx');
    const env = { ...surround.env, TENCENTCLOUD_SECRET_KEY: 'a-wrong-secret-key' };
    const { code, stdout, stderr } = await docjob(['submit', 'a.docx'], { env });
    expect(code).toBe(4);
    expect(stdout).toMatch(/^failed +a\.docx/);
    expect(stdout + stderr).not.toContain('a-wrong-secret-key');
  });

  test('begins nothing new after Ctrl-C, and finishes what it had begun', async () => {
    const objects = Array.from({ length: 40 }, (_, index) => `${index}.docx`);
    const surround = await withDocuments(...objects);
    const { signal, press } = ctrlC();
    const { code, stdout } = await docjob(['submit', ...objects, '--json'], {
      ...surround,
      signal,
      onText: (text) => {
        if (text.includes('jobId')) press();
      },
    });
    expect(code).toBe(130);
    const done = linesOf(stdout);
    expect(done.length).toBeLessThan(40);
    expect(pending(surround)).toHaveLength(done.length);
    expect(done.every(({ ok }) => ok)).toBe(true);
  });

  test.each([
    [['submit'], 'there is nothing to do: name objects'],
    [['submit', '-'], 'the list of objects is empty'],
    [['submit', '--from', 'missing.txt'], 'cannot be read (ENOENT)'],
    [['submit', '{"object":'], 'document 1 of the list begins with "{" but is not JSON'],
    [['submit', 'a.docx', '--zoom', 'much'], '--zoom is "much": expected a whole number'],
    [['submit', 'a.docx', '--doc-password-file', 'missing'], 'cannot be read (ENOENT)'],
  ])('refuses %j', async (args, message) => {
    const surround = await aCloud();
    const { code, stderr } = await docjob(args, surround);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test('ends with 3, listing all that is not set', async () => {
    const { code, stderr } = await docjob(['submit', 'a.docx']);
    expect(code).toBe(3);
    for (const name of ['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL', 'SOURCE_BUCKET', 'SOURCE_REGION']) {
      expect(stderr).toContain(`- ${name} is not set`);
    }
  });
});
