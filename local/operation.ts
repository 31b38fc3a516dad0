import type { BucketName, Region } from '../lib/domain/names.js';
import { fromByteText } from './wire/byte-text.js';
import { valueOf, type CloudRequest } from './wire/request.js';
import type { Family, Route } from './wire/route.js';

/** What COS can be asked here, by the names that access rules use (`name/cos:…`). */
export const COS_OPERATIONS = [
  'PutObject',
  'GetObject',
  'HeadObject',
  'DeleteObject',
  'GetBucket',
  'HeadBucket',
  'GetBucketVersioning',
] as const;

/** What CI can be asked here, by the names that access rules use (`ci:…`). */
export const CI_OPERATIONS = [
  'CreateDocProcessJobs',
  'DescribeDocProcessJob',
  'DescribeDocProcessJobs',
  'CancelDocProcessJob',
  'DescribeDocProcessQueues',
  'UpdateDocProcessQueue',
  'DescribeDocProcessBuckets',
] as const;

export type CosOperationName = (typeof COS_OPERATIONS)[number];
export type CiOperationName = (typeof CI_OPERATIONS)[number];
/** `Unknown` is whatever this cloud does not offer. */
export type OperationName = CosOperationName | CiOperationName | 'Unknown';

/** What a request asks for, told by its method and path alone: known before the request is believed. */
export interface Operation {
  readonly family: Family;
  readonly name: OperationName;
  /** Undefined for what concerns an account's buckets and not one of them. */
  readonly bucket: BucketName | undefined;
  readonly region: Region;
  /** The object key, job ID or queue ID in the path; empty when it has none, undefined when it is not UTF-8. */
  readonly subject: string | undefined;
}

/** Subresources of buckets and objects that this cloud does not have: it must not take `GET /?versions` for a plain listing. */
// prettier-ignore
const SUBRESOURCES: ReadonlySet<string> = new Set([
  'acl', 'append', 'cors', 'delete', 'domain', 'encryption', 'inventory', 'legal-hold', 'lifecycle', 'logging', 'object-lock', 'partNumber',
  'policy', 'referer', 'replication', 'restore', 'retention', 'select', 'tagging', 'uploadId', 'uploads', 'versioning', 'versions', 'website',
]);

/** The operation that a request for a bucket or a CI region asks for. */
export function operationOf(
  request: CloudRequest,
  route: Exclude<Route, { kind: 'admin' | 'unknown' }>,
): Operation {
  const { region } = route;
  if (route.kind === 'ci-region') {
    const name =
      request.method === 'GET' && request.path === '/docbucket' ? 'DescribeDocProcessBuckets' : 'Unknown';
    return { family: 'ci', name, bucket: undefined, region, subject: '' };
  }
  const { family, bucket } = route;
  const { name, subject } = family === 'cos' ? cosOperation(request) : ciOperation(request);
  return { family, bucket, region, name, subject: fromByteText(subject) };
}

interface Asked {
  readonly name: OperationName;
  /** Byte text. */
  readonly subject: string;
}

function cosOperation({ method, path, query, headers }: CloudRequest): Asked {
  const subject = path.slice(1);
  if (method === 'GET' && subject === '' && query.length === 1 && query[0]?.name === 'versioning') {
    return { name: 'GetBucketVersioning', subject };
  }
  const isOther =
    query.some(({ name }) => SUBRESOURCES.has(name)) || valueOf(headers, 'x-cos-copy-source') !== undefined;
  if (isOther) return { name: 'Unknown', subject };
  switch (method) {
    case 'GET':
      return { name: subject === '' ? 'GetBucket' : 'GetObject', subject };
    case 'HEAD':
      return { name: subject === '' ? 'HeadBucket' : 'HeadObject', subject };
    case 'PUT':
      return { name: subject === '' ? 'Unknown' : 'PutObject', subject };
    case 'DELETE':
      return { name: subject === '' ? 'Unknown' : 'DeleteObject', subject };
    default:
      return { name: 'Unknown', subject };
  }
}

function ciOperation({ method, path, query }: CloudRequest): Asked {
  const [, resource = '', id = '', ...rest] = path.split('/');
  const asked = rest.length > 0 ? '' : `${method} ${resource}${id === '' ? '' : '/*'}`;
  switch (asked) {
    case 'POST doc_jobs':
      return { name: 'CreateDocProcessJobs', subject: '' };
    case 'GET doc_jobs':
      return { name: 'DescribeDocProcessJobs', subject: '' };
    case 'GET doc_jobs/*':
      return { name: 'DescribeDocProcessJob', subject: id };
    case 'PUT doc_jobs/*':
      return {
        name: query.some(({ name }) => name === 'cancel') ? 'CancelDocProcessJob' : 'Unknown',
        subject: id,
      };
    case 'GET docqueue':
      return { name: 'DescribeDocProcessQueues', subject: '' };
    case 'PUT docqueue/*':
      return { name: 'UpdateDocProcessQueue', subject: id };
    case 'GET docbucket':
      return { name: 'DescribeDocProcessBuckets', subject: '' };
    default:
      return { name: 'Unknown', subject: '' };
  }
}
