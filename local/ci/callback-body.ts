import { readXml, type XmlInput } from '../xml/read.js';
import type { CallbackTarget } from './callback-request.js';
import { writeJobsDetail } from './job-xml.js';
import type { Job, JobView } from './job.js';

/**
 * The body of a callback about a job: XML as documented (api 1545/65203), or JSON as CI sends it about media jobs, since for document jobs no document
 * shows it: no `Response` around it, the jobs in an array, numbers unquoted.
 */
export function writeCallback(job: Job, view: JobView, format: CallbackTarget['format']): string {
  const detail = writeJobsDetail(job, view);
  if (format === 'XML') {
    return `<?xml version="1.0" encoding="utf-8"?>\n<Response>\n<EventName>TaskFinish</EventName>\n${detail}\n</Response>`;
  }
  return JSON.stringify({ EventName: 'TaskFinish', JobsDetail: [toJson(readXml(Buffer.from(detail)))] });
}

/** As generic converters do it: an element that is repeated becomes an array, a text of digits a number. */
function toJson({ text, children }: XmlInput): unknown {
  if (children.length === 0) return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
  const grouped = new Map<string, unknown[]>();
  for (const child of children) grouped.set(child.name, [...(grouped.get(child.name) ?? []), toJson(child)]);
  return Object.fromEntries(
    [...grouped].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}
