import { readFileSync } from 'node:fs';

/** What a test changes about the fixture's record. */
export interface RecordChanges {
  /** As the event writes it, after the account and the bucket. */
  readonly key?: string;
  readonly bucket?: string;
  readonly eventName?: string;
  readonly eventTime?: number | string;
  readonly reqid?: number | string;
  readonly size?: number;
  readonly meta?: Readonly<Record<string, string>>;
}

interface CosEventFixture {
  readonly Records: readonly [{ readonly cos: CosPart; readonly event: Readonly<Record<string, unknown>> }];
}
interface CosPart {
  readonly cosBucket: Readonly<Record<string, unknown>>;
  readonly cosObject: Readonly<Record<string, unknown>>;
}

const fixture = JSON.parse(
  readFileSync(new URL('../platform/events/cos-object-created.json', import.meta.url), 'utf8'),
) as CosEventFixture; // our own file

/** A record of a COS event: the fixture's, with changes. */
export function cosRecord({ key = 'in/report.docx', bucket = 'docs', ...changes }: RecordChanges = {}) {
  const [{ cos, event }] = fixture.Records;
  const { eventName, eventTime, reqid, size, meta } = { ...event, ...cos.cosObject, ...changes };
  return {
    cos: {
      ...cos,
      cosBucket: { ...cos.cosBucket, name: bucket },
      cosObject: { ...cos.cosObject, key: `/1250000000/${bucket}/${key}`, size, meta },
    },
    event: { ...event, eventName, eventTime, reqid },
  };
}

/** A COS event with these records. */
export const cosEvent = (...records: readonly RecordChanges[]) => ({ Records: records.map(cosRecord) });
