import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { epochMs } from '../lib/domain/units.js';
import { Access } from './access.js';
import { answerAdmin } from './admin.js';
import { KeyRing, type KeyPair } from './auth/key-ring.js';
import { DEFAULT_CI_BEHAVIOUR } from './ci/behaviour.js';
import { Callbacks } from './ci/callbacks.js';
import { JobTable } from './ci/job-table.js';
import { ResultWriter } from './ci/result-writer.js';
import { createCmq, type CmqControl, type LocalCmq } from './cmq/index.js';
import { CloudClock, CloudControl, type CloudBehaviour } from './control.js';
import { ObjectStore } from './cos/object-store.js';
import { FaultRules } from './faults/fault-rules.js';
import { exchange, type Outcome, type Services } from './gateway.js';
import { createSqs, type LocalSqs, type SqsControl } from './sqs/index.js';
import { Statistics } from './statistics.js';
import { deliver } from './wire/deliver.js';
import { readBody } from './wire/read-body.js';
import { parseRequest, UnreadableRequest } from './wire/request.js';
import { routeOf } from './wire/route.js';

/** How to start an embedded cloud. */
export interface CloudOptions {
  /** The folder that holds its buckets; made when it is not there. */
  readonly root: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The first long-lived key pair; a random one when left out. */
  readonly credentials?: KeyPair;
  /** The account that owns the keys: what is in the names of its buckets. */
  readonly appId?: string;
  /** Milliseconds since the Unix epoch; the machine's clock when left out. */
  readonly now?: () => number;
  /** How long the work of a job takes whose script does not say. */
  readonly jobDurationMs?: number;
  /** Jobs of a bucket that run at a time, and that wait: CI's own limits are 10 and 10,000. */
  readonly maxConcurrentJobs?: number;
  readonly maxQueuedJobs?: number;
  readonly behaviour?: Partial<CloudBehaviour>;
  /** Where the chance in faults comes from. */
  readonly seed?: number;
  /** The region of its SQS. */
  readonly awsRegion?: string;
}

/** The key pair of the AWS side. */
interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An embedded cloud that is running. */
export interface Cloud {
  /** `http://127.0.0.1:<port>`, for COS, CI, CMQ and SQS alike. */
  readonly origin: string;
  readonly appId: string;
  readonly credentials: KeyRing;
  readonly aws: { readonly credentials: AwsCredentials; readonly region: string; readonly accountId: string };
  readonly control: CloudControl;
  readonly sqs: SqsControl;
  readonly cmq: CmqControl;
  /** Ends all connections and all work. What is on disk stays. */
  close(): Promise<void>;
}

const DEFAULT_APP_ID = '1250000000';
const AWS_ACCOUNT_ID = '000000000000';

/** A client that keeps its connection must not meet ours just closing: longer than the idle time of any usual agent. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Starts COS, CI, CMQ and SQS on one port of 127.0.0.1. As strict as the real ones: whoever would fail there must fail here.
 *
 * @throws Error when the port is taken or the folder cannot be used.
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { appId = DEFAULT_APP_ID } = options;
  const closing = new AbortController();
  const { services, control } = await assemble(options, appId, closing.signal);
  const aws = {
    credentials: {
      accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(20).toString('hex'),
    },
    region: options.awsRegion ?? 'us-east-1',
    accountId: AWS_ACCOUNT_ID,
  };
  let origin = '';
  // Another cloud with another clock: skewing ours does not touch it.
  const sqs = createSqs({ ...aws, now: options.now ?? Date.now, origin: () => origin });
  const cmq = createCmq({ now: services.now, keys: services.keys });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    serve(request, response, { services, control, sqs, cmq }).catch(() => response.destroy());
  });
  origin = await listen(server, options.port ?? 0);
  return {
    origin,
    appId,
    credentials: services.keys,
    aws,
    control,
    sqs: sqs.control,
    cmq: cmq.control,
    close: async () => {
      closing.abort();
      services.ci.callbacks.close();
      sqs.close();
      cmq.close();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
      await services.results.close();
    },
  };
}

async function assemble(
  options: CloudOptions,
  appId: string,
  closing: AbortSignal,
): Promise<{ readonly services: Services; readonly control: CloudControl }> {
  const clock = new CloudClock(options.now ?? Date.now);
  const now = (): ReturnType<CloudClock['now']> => clock.now();
  const store = await ObjectStore.open(options.root);
  const results = new ResultWriter(store);
  const behaviour: CloudBehaviour = {
    ...DEFAULT_CI_BEHAVIOUR,
    signatureErrors: 'code',
    objectListLagMs: 0,
    ...options.behaviour,
  };
  const limits = { maxConcurrent: options.maxConcurrentJobs ?? 10, maxSize: options.maxQueuedJobs ?? 10_000 };
  const callbacks = new Callbacks(now, () => table);
  const table: JobTable = new JobTable(limits, options.jobDurationMs ?? 1_000, (job, endedAt) => {
    results.add(job, epochMs(endedAt));
    callbacks.ended(job, endedAt);
  });
  const parts = {
    store,
    results,
    ci: { table, behaviour, callbacks },
    cosBehaviour: behaviour,
    access: new Access(appId),
    faults: new FaultRules(options.seed ?? 1),
    statistics: new Statistics(),
  };
  const keys = new KeyRing(now, options.credentials);
  return {
    services: { ...parts, keys, now, closing, signatureErrors: () => behaviour.signatureErrors },
    control: new CloudControl({ ...parts, behaviour, clock }),
  };
}

interface Mounted {
  readonly services: Services;
  readonly control: CloudControl;
  readonly sqs: LocalSqs;
  readonly cmq: LocalCmq;
}

async function serve(message: IncomingMessage, response: ServerResponse, mounted: Mounted): Promise<void> {
  const body = await readBody(message);
  if (body !== undefined && mounted.sqs.handles(message)) {
    await mounted.sqs.handle(message, body, response);
    return;
  }
  if (body !== undefined && mounted.cmq.handles(message)) {
    await mounted.cmq.handle(message, body, response);
    return;
  }
  const { answer, delivery } = await outcomeOf(message, body, mounted);
  deliver(response, answer, delivery);
}

async function outcomeOf(
  message: IncomingMessage,
  body: Buffer | undefined,
  { services, control }: Mounted,
): Promise<Outcome> {
  try {
    if (body === undefined) return plain(413, 'The body is larger than this cloud takes.');
    const request = parseRequest(message, body);
    const route = routeOf(request.host);
    switch (route.kind) {
      case 'admin':
        return { answer: await answerAdmin(control, request), delivery: 'whole' };
      case 'unknown':
        return plain(404, `There is no host ${request.host} in this cloud.`);
      case 'bucket':
      case 'ci-region':
        return await exchange(services, request, route);
    }
  } catch (error) {
    if (!(error instanceof UnreadableRequest)) throw error;
    return plain(400, error.message);
  }
}

/** An answer outside both families. */
function plain(status: number, text: string): Outcome {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return { answer: { status, headers, body: Buffer.from(`${text}\n`) }, delivery: 'whole' };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address() as AddressInfo; // listening on TCP
      resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}
